using System.Security.Cryptography;
using System.Text;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>Initialised and bootstrapped data folders, kept per installation, bootstrap and settings, to be copied instead of made anew.</summary>
internal sealed class ClusterTemplates(StateFolders folders, TimeSpan patience, TimeProvider timeProvider)
{
    // Raised when templates are made otherwise than before.
    private const int Format = 2;
    private const string Unfinished = ".making";
    private static readonly TimeSpan UnusedFor = TimeSpan.FromDays(14);

    /// <summary>Copies the template for an installation to <paramref name="target"/>.</summary>
    /// <returns>Null when it was copied. Where there is no template, the turn to make it, and nothing is at the target.</returns>
    public async Task<TemplateTurn?> CopyToAsync(string target, PostgresInstallation installation, IProgressSink sink, CancellationToken cancellationToken)
    {
        string key = Key(installation);
        string template = Path.Combine(folders.Templates, key);
        folders.CreateReachable(folders.Templates);

        // Held while copying too, so that nobody cleans the template away meanwhile.
        FileLock turn = await FileLock.AcquireAsync(
            LockFile(key), "it makes or copies the database template", sink, timeProvider, cancellationToken).ConfigureAwait(false);
        if (!Directory.Exists(template))
        {
            var home = new ClusterHome(template + Unfinished, folders);
            home.Remove();
            DeleteUnused();
            return new TemplateTurn(turn, home, new PostgresServer(installation, home, patience, timeProvider), template, sink);
        }

        using (turn)
        {
            Directory.SetLastWriteTimeUtc(template, timeProvider.GetUtcNow().UtcDateTime);
            sink.Publish(new Detail($"Copying the template cluster to '{target}'."));
            FolderCopy.Run(Path.Combine(template, "data"), target, cancellationToken);
            return null;
        }
    }

    /// <summary>What a template depends on: another of any of these is another template.</summary>
    internal string Key(PostgresInstallation installation)
    {
        string text = string.Join('\n', Format, installation.BinFolder, installation.Version, folders.ServerUser?.Name, Bootstrap.Hash, ServerSettings.Text(0, false));
        return $"{installation.Version}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]}";
    }

    private string LockFile(string key) => Path.Combine(folders.Templates, key + ".lock");

    private void DeleteUnused()
    {
        DateTime limit = (timeProvider.GetUtcNow() - UnusedFor).UtcDateTime;
        foreach (string folder in Directory.GetDirectories(folders.Templates).Where(folder => Directory.GetLastWriteTimeUtc(folder) < limit))
        {
            string key = Path.GetFileName(folder);
            key = key.EndsWith(Unfinished, StringComparison.Ordinal) ? key[..^Unfinished.Length] : key;
            using FileLock? free = FileLock.TryAcquire(LockFile(key));
            if (free is not null)
            {
                new ClusterHome(folder, folders).Remove();
            }
        }
    }
}

/// <summary>The turn to make a template, which nobody else can make or use before it is disposed.</summary>
internal sealed class TemplateTurn(FileLock turn, ClusterHome home, PostgresServer server, string template, IProgressSink sink) : IDisposable
{
    /// <summary>
    /// Makes the template of a running server's data. That is safe because the server is at rest: a checkpoint has just written everything,
    /// nobody else can sign in yet, and nothing cleans up by itself. So the copy is that of one moment, as after a loss of power.
    /// </summary>
    /// <param name="data">The server's data folder.</param>
    /// <param name="beside">What may be done while the copy, once it is taken, is finished.</param>
    /// <param name="cancellationToken">Ends it; there is no template then.</param>
    public async Task MakeAsync(string data, Func<Task> beside, CancellationToken cancellationToken)
    {
        await home.CreateAsync(cancellationToken).ConfigureAwait(false);
        await Task.Run(() => FolderCopy.Run(data, home.Data, cancellationToken), cancellationToken).ConfigureAwait(false);
        ServerProcess.ForgetIn(home.Data);
        await Task.WhenAll(FinishAsync(cancellationToken), beside()).ConfigureAwait(false);
    }

    /// <summary>Shuts it down as a server would, with passwords that nobody knows. Only what is on the disk gets its name.</summary>
    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        await home.GiveToServerAsync(home.Data, cancellationToken).ConfigureAwait(false);
        await ServerSettings.WriteAsync(home, LoopbackPort.Choose(), isThrowAway: true, cancellationToken).ConfigureAwait(false);
        await server.SetPasswordsAsync(Path.GetFileName(home.Data), ClusterPasswords.Create(), cancellationToken).ConfigureAwait(false);
        DurableFolder.FlushAll(home.Data);
        Directory.Move(home.Folder, template);
    }

    public void Dispose()
    {
        home.Remove();
        turn.Dispose();
        sink.Publish(new ActivityCompleted(ClusterData.Activity));
    }
}
