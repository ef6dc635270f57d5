using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Data folders of stopped servers, each with the beginning of some chain applied. A snapshot gets its name by a rename when it is whole
/// and loses it by a rename before it is deleted; so readers need no lock, and a killed maker leaves nothing that could be taken for one.
/// The ones used longest ago go when all together are larger than the limit.
/// </summary>
/// <param name="folder">Where they are kept.</param>
/// <param name="limit">Most bytes of all together; zero to keep none.</param>
/// <param name="time">The clock.</param>
internal sealed class SnapshotCache(string folder, long limit, TimeProvider time)
{
    private const string Unnamed = "unnamed-";

    /// <summary>Copies the data of the longest known beginning.</summary>
    /// <param name="keys">The keys of a chain, the empty beginning first.</param>
    /// <param name="target">The new data folder; nothing is there when the answer is zero.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <returns>The number of links that the copy has.</returns>
    public int CopyLongest(IReadOnlyList<string> keys, string target, CancellationToken cancellationToken)
    {
        for (int length = keys.Count - 1; length > 0; length--)
        {
            if (TryCopy(FolderOf(keys[length]), target, cancellationToken))
            {
                return length;
            }
        }

        return 0;
    }

    /// <summary>
    /// How far a chain goes along with one that a snapshot has: where they part is where somebody edits,
    /// and so the place to have a snapshot of.
    /// </summary>
    public int CommonWithKnown(IReadOnlyList<string> keys)
    {
        int common = 0;
        foreach (SnapshotRecord record in Snapshots().Select(SnapshotRecord.Read).OfType<SnapshotRecord>())
        {
            int length = Math.Min(keys.Count, record.Keys.Count);
            int same = 0;
            while (same < length && keys[same] == record.Keys[same])
            {
                same++;
            }

            common = Math.Max(common, same - 1);
        }

        return common;
    }

    /// <summary>Keeps a copy of a stopped server's data.</summary>
    /// <param name="keys">The keys of the chain that it has.</param>
    /// <param name="data">The data folder.</param>
    /// <param name="cancellationToken">Nothing is kept then.</param>
    public void Save(IReadOnlyList<string> keys, string data, CancellationToken cancellationToken)
    {
        RemoveLeftovers();
        string snapshot = FolderOf(keys[^1]);
        long size = new DirectoryInfo(data).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        if (size > limit || Directory.Exists(snapshot))
        {
            return;
        }

        MakeRoom(limit - size);
        using FolderClaim making = FolderClaim.Create(Path.Combine(folder, Unnamed + Guid.NewGuid().ToString("N")));
        try
        {
            FolderCopy.Run(data, Path.Combine(making.Path, "data"), cancellationToken);
            new SnapshotRecord(Guid.NewGuid(), size, keys).Write(making.Path);
            DurableFolder.FlushAll(making.Path);
            Directory.SetLastWriteTimeUtc(making.Path, time.GetUtcNow().UtcDateTime);
            if (!Directory.Exists(snapshot))
            {
                Directory.Move(making.Path, snapshot);
            }
        }
        catch (IOException) when (Directory.Exists(snapshot))
        {
            // Another process has made the same one meanwhile.
        }
        finally
        {
            making.Delete();
        }
    }

    /// <summary>What somebody found out about a snapshot and kept with it; null when nobody has, or when there is no such snapshot.</summary>
    /// <param name="key">The key of its whole chain.</param>
    /// <param name="name">Name of the note.</param>
    public string? ReadNote(string key, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(FolderOf(key), name));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Keeps a note with a snapshot for as long as that is kept. Does nothing when it is not there.</summary>
    /// <param name="key">The key of its whole chain.</param>
    /// <param name="name">Name of the note.</param>
    /// <param name="content">Something that is true of each database with this chain.</param>
    public void KeepNote(string key, string name, string content)
    {
        string snapshot = FolderOf(key);
        if (SnapshotRecord.Read(snapshot) is not null)
        {
            AtomicFile.WriteAllText(Path.Combine(snapshot, name), content);
        }
    }

    private bool TryCopy(string snapshot, string target, CancellationToken cancellationToken)
    {
        if (SnapshotRecord.Read(snapshot) is not SnapshotRecord record)
        {
            return false;
        }

        bool isWhole = false;
        try
        {
            Directory.SetLastWriteTimeUtc(snapshot, time.GetUtcNow().UtcDateTime);
            FolderCopy.Run(Path.Combine(snapshot, "data"), target, cancellationToken);
            // Removed and made anew while it was copied, the copy would be half of each.
            isWhole = SnapshotRecord.Read(snapshot)?.Id == record.Id;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Another process made room just now.
        }
        finally
        {
            if (!isWhole && Directory.Exists(target))
            {
                Directory.Delete(target, recursive: true);
            }
        }

        return isWhole;
    }

    private void MakeRoom(long allowed)
    {
        long total = 0;
        foreach (string snapshot in Snapshots().OrderByDescending(Directory.GetLastWriteTimeUtc))
        {
            total += SnapshotRecord.Read(snapshot)?.Size ?? 0;
            if (total > allowed)
            {
                Remove(snapshot);
            }
        }
    }

    private void Remove(string snapshot)
    {
        using FolderClaim removing = FolderClaim.Create(Path.Combine(folder, Unnamed + Guid.NewGuid().ToString("N")));
        try
        {
            Directory.Move(snapshot, Path.Combine(removing.Path, "snapshot"));
        }
        catch (DirectoryNotFoundException)
        {
            // Another process makes room too.
        }

        removing.Delete();
    }

    private void RemoveLeftovers()
    {
        foreach (FolderClaim abandoned in FolderClaim.TakeAbandoned(folder, Unnamed))
        {
            using (abandoned)
            {
                abandoned.Delete();
            }
        }
    }

    private IEnumerable<string> Snapshots() =>
        Directory.Exists(folder)
            ? Directory.GetDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith(Unnamed, StringComparison.Ordinal))
            : [];

    private string FolderOf(string key) => Path.Combine(folder, key);
}
