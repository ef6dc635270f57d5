using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>
/// A folder that several machines or jobs share. Like a bucket it is made by people and never by us: a folder that is not there is a share that is
/// not mounted, and says nothing of what is in it.
/// </summary>
internal sealed class FolderBlobs(string folder) : IReleaseBlobs
{
    public string Name => folder;

    public Task<IReadOnlyList<string>> ListAsync(string ending, CancellationToken cancellationToken) => InFolderAsync<IReadOnlyList<string>>("read", () =>
        Task.FromResult<IReadOnlyList<string>>([.. Directory.EnumerateFiles(folder, "*" + ending).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)]));

    public Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken) => InFolderAsync<Stream?>("read", () =>
    {
        try
        {
            return Task.FromResult<Stream?>(File.OpenRead(Path.Combine(folder, name)));
        }
        catch (FileNotFoundException) when (Directory.EnumerateFiles(folder).Any())
        {
            return Task.FromResult<Stream?>(null);
        }
        catch (FileNotFoundException e)
        {
            // What a mount point looks like while nothing is mounted there.
            throw Unavailable("is empty", "Mount the share that belongs there. Is the store new, make a release first: New-Release", e);
        }
    });

    public Task PutAsync(string name, string file, CancellationToken cancellationToken) => InFolderAsync("written", async () =>
    {
        string unfinished = Path.Combine(folder, $".new-{Guid.NewGuid():N}");
        try
        {
            await FileDigest.CopyAsync(file, unfinished, cancellationToken).ConfigureAwait(false);
            File.Move(unfinished, Path.Combine(folder, name), overwrite: true);
            return name;
        }
        finally
        {
            Discard(unfinished);
        }
    });

    /// <summary>Finds out that the folder can be used at all.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseStoreUnavailable"/>.</exception>
    public void EnsureThere() => _ = Directory.Exists(folder) ? folder : throw Missing(null);

    private async Task<T> InFolderAsync<T>(string what, Func<Task<T>> work)
    {
        try
        {
            EnsureThere();
            return await work().ConfigureAwait(false);
        }
        catch (DirectoryNotFoundException e)
        {
            throw Missing(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(
                $"cannot be {what}: {e.Message}", "Check the folder and your right to use it, or name another one in 'releases.store' of env/pipeline.yml.", e);
        }
    }

    private static void Discard(string unfinished)
    {
        if (File.Exists(unfinished))
        {
            File.Delete(unfinished);
        }
    }

    private DeployException Missing(Exception? inner) => Unavailable(
        "is not there: there is no such folder",
        $"Mount the share that it is on, or correct 'releases.store' in env/pipeline.yml. A new store is made by you, once: New-Item -ItemType Directory '{folder}'",
        inner);

    private DeployException Unavailable(string why, string remedy, Exception? inner) =>
        new(ErrorTable.ReleaseStoreUnavailable, $"The release store '{folder}' {why}{(why.EndsWith('.') ? "" : ".")}", remedy, folder, inner);
}
