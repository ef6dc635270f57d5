using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>A folder that several machines or jobs share.</summary>
internal sealed class FolderBlobs(string folder) : IReleaseBlobs
{
    public string Name => folder;

    public Task<IReadOnlyList<string>> ListAsync(string ending, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*" + ending).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)] : []);

    public Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        string path = Path.Combine(folder, name);
        return Task.FromResult<Stream?>(File.Exists(path) ? File.OpenRead(path) : null);
    }

    public async Task PutAsync(string name, string file, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string unfinished = Path.Combine(folder, $".new-{Guid.NewGuid():N}");
            try
            {
                await FileDigest.CopyAsync(file, unfinished, cancellationToken).ConfigureAwait(false);
                File.Move(unfinished, Path.Combine(folder, name), overwrite: true);
            }
            finally
            {
                File.Delete(unfinished);
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DeployException(
                ErrorTable.ReleaseStoreUnavailable, $"The release store '{folder}' cannot be written: {e.Message}", "Give yourself the right to write there, or name another folder in 'releases.store' of env/pipeline.yml.", folder, e);
        }
    }
}
