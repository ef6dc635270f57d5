using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// What a database is made of, link by link: the migrations, then the seeds. Two chains that begin alike have the same keys up to where
/// they part, so the longest known beginning of a chain is found by name.
/// </summary>
internal sealed class SnapshotChain
{
    // Another build of the module may split or record files otherwise.
    private static readonly string s_maker = typeof(SnapshotChain).Assembly.ManifestModule.ModuleVersionId.ToString("N");

    private readonly IReadOnlyList<string> _links;
    private readonly bool _areNewObjectsGranted;

    private SnapshotChain(IReadOnlyList<string> links, bool areNewObjectsGranted)
    {
        _links = links;
        _areNewObjectsGranted = areNewObjectsGranted;
    }

    /// <summary>Number of links.</summary>
    public int Count => _links.Count;

    /// <summary>Reads the content of the files; that of the seeds is known.</summary>
    public static async Task<SnapshotChain> ReadAsync(IReadOnlyList<MigrationFile> files, IReadOnlyList<SeedFile> seeds, bool areNewObjectsGranted, CancellationToken cancellationToken)
    {
        var links = new List<string>(files.Count + seeds.Count);
        foreach (MigrationFile file in files)
        {
            byte[] content = await File.ReadAllBytesAsync(file.Path, cancellationToken).ConfigureAwait(false);
            links.Add($"migration\n{file.Version}\n{file.Name}\n{Convert.ToHexStringLower(SHA256.HashData(content))}");
        }

        links.AddRange(seeds.Select(seed => $"seed\n{seed.Name}\n{seed.Hash}"));
        return new SnapshotChain(links, areNewObjectsGranted);
    }

    /// <summary>The key of each beginning: the first is that of an empty project, the last that of the whole chain.</summary>
    /// <param name="template">What the empty project depends on: server, bootstrap, settings.</param>
    public IReadOnlyList<string> Keys(string template)
    {
        var keys = new List<string>(Count + 1) { Key(s_maker, _areNewObjectsGranted ? template : template + "\nnew objects are not granted") };
        foreach (string link in _links)
        {
            keys.Add(Key(keys[^1], link));
        }

        return keys;
    }

    private static string Key(string before, string link) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{before}\n{link}")).AsSpan(0, 16));
}
