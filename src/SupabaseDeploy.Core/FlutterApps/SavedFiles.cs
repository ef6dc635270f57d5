namespace SupabaseDeploy.FlutterApps;

/// <summary>Tells when files were saved and nothing more is being saved: editors write a file in several steps, and several files at once.</summary>
internal sealed class SavedFiles : IDisposable
{
    private readonly FileSystemWatcher _watcher;
    private readonly ITimer _quiet;

    /// <param name="folder">The folder, which has to exist.</param>
    /// <param name="ending">How the names of the files end: <c>.dart</c>.</param>
    /// <param name="isDeep">True to watch the folders in it too.</param>
    /// <param name="quiet">How long nothing may change before it is told.</param>
    /// <param name="time">Time.</param>
    /// <param name="saved">Called from another thread.</param>
    /// <exception cref="IOException">The system watches no more files.</exception>
    public SavedFiles(string folder, string ending, bool isDeep, TimeSpan quiet, TimeProvider time, Action saved)
    {
        _quiet = time.CreateTimer(_ => saved(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _watcher = new FileSystemWatcher(folder)
        {
            IncludeSubdirectories = isDeep,
            NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.Size,
            InternalBufferSize = 64 * 1024,
        };
        _watcher.Changed += (_, e) => WaitFor(IsFile(e.FullPath));
        _watcher.Created += (_, e) => WaitFor(IsFile(e.FullPath) || MayBeFolder(e.FullPath));
        _watcher.Deleted += (_, e) => WaitFor(IsFile(e.FullPath) || MayBeFolder(e.FullPath));
        _watcher.Renamed += (_, e) => WaitFor(IsFile(e.FullPath) || IsFile(e.OldFullPath) || MayBeFolder(e.FullPath));
        _watcher.Error += (_, _) => WaitFor(true); // More changed than could be told one by one.
        try
        {
            _watcher.EnableRaisingEvents = true;
        }
        catch
        {
            Dispose();
            throw;
        }

        bool IsFile(string path) => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);

        // What was put into a new folder before the system watched it is told by nobody; a folder that is gone has only its name left.
        bool MayBeFolder(string path) => isDeep && !Path.HasExtension(path);

        void WaitFor(bool isWatched)
        {
            if (isWatched)
            {
                _quiet.Change(quiet, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watcher.Dispose();
        _quiet.Dispose();
    }
}
