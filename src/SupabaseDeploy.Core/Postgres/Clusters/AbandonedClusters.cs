namespace SupabaseDeploy.Postgres;

/// <summary>
/// Throw-away clusters of root whose folder was deleted while they were there, as when a test or a drill is killed and the system
/// cleans its temporary folder: nobody can name them any more. Durable clusters are never judged: their project may be on a disk that
/// is not mounted now.
/// </summary>
internal static class AbandonedClusters
{
    private const string MarkFile = "throw-away-of";

    // A folder that is moved just now has no pointer where the mark says, either.
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    /// <summary>Marks a home as thrown away when its pointer is gone.</summary>
    public static void Mark(ClusterHome home, string pointerFolder) => File.WriteAllText(Path.Combine(home.Folder, MarkFile), pointerFolder);

    /// <summary>Removes the marked homes that no pointer names and that were last started more than an hour ago.</summary>
    public static void Remove(StateFolders folders, TimeProvider timeProvider)
    {
        if (!Directory.Exists(folders.Clusters))
        {
            return;
        }

        foreach (string folder in Directory.GetDirectories(folders.Clusters))
        {
            try
            {
                RemoveIfAbandoned(new ClusterHome(folder, folders), timeProvider.GetUtcNow() - Grace);
            }
            catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
            {
                // Its owner, or another process that starts just now, removes the same one.
            }
        }
    }

    private static void RemoveIfAbandoned(ClusterHome home, DateTimeOffset before)
    {
        string mark = Path.Combine(home.Folder, MarkFile);
        if (File.Exists(mark) && File.GetLastWriteTimeUtc(mark) < before.UtcDateTime && !ClusterFiles.HasPointer(File.ReadAllText(mark)))
        {
            home.Remove();
        }
    }
}
