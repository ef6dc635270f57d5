using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>The cache as seen by one new cluster, which says only when it starts what server it will be.</summary>
internal sealed class SnapshotSource(SnapshotCache cache, SnapshotChain chain) : IClusterSnapshot
{
    private string _template = "";

    /// <summary>The keys of the chain's beginnings on the server that was chosen; empty before it was.</summary>
    public IReadOnlyList<string> Keys { get; private set; } = [];

    /// <summary>Number of links that the cluster began with.</summary>
    public int Found { get; private set; }

    /// <summary>Number of links that snapshots may hold.</summary>
    public int Kept => chain.Count;

    /// <inheritdoc/>
    public bool TryCopyTo(string target, string template, CancellationToken cancellationToken)
    {
        _template = template;
        Keys = chain.Keys(template);
        Found = cache.CopyLongest(Keys, target, cancellationToken);
        return Found > 0;
    }

    /// <summary>What was found out before about a database with the whole chain; null when nothing was kept.</summary>
    public string? ReadNote(string name) => Keys.Count > 0 ? cache.ReadNote(Keys[^1], name) : null;

    /// <summary>Keeps something that is true of each database with the whole chain, if there is a snapshot of it to keep it with.</summary>
    /// <param name="now">The chain as its files are now: after an edit, nobody knows what the database has.</param>
    /// <param name="name">Name of the note.</param>
    /// <param name="content">What was found out.</param>
    public void KeepNote(SnapshotChain now, string name, string content)
    {
        if (chain.IsWhole && now.IsWhole && Keys.Count > 0 && now.Keys(_template)[^1] == Keys[^1])
        {
            cache.KeepNote(Keys[^1], name, content);
        }
    }

    /// <summary>How far the chain goes along with one that the cache has.</summary>
    public int CommonWithKnown() => cache.CommonWithKnown(Keys);

    /// <summary>Keeps the data of the stopped cluster, unless the files were edited since they were read: then nobody knows what it has.</summary>
    /// <param name="length">Number of links that it has.</param>
    /// <param name="now">The chain as its files are now.</param>
    /// <param name="data">Its data folder.</param>
    /// <param name="cancellationToken">Keeps nothing.</param>
    public void Save(int length, SnapshotChain now, string data, CancellationToken cancellationToken)
    {
        if (now.Count >= length && now.Keys(_template)[length] == Keys[length])
        {
            cache.Save([.. Keys.Take(length + 1)], data, cancellationToken);
        }
    }
}
