using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// Initialised and bootstrapped data folders, kept per installation, bootstrap and settings, to be unpacked instead of made anew. Each is one
/// archive: making the thousands of files of a database is what costs, and the first start need not wait for it twice.
/// </summary>
internal sealed class ClusterTemplates(StateFolders folders, TimeProvider timeProvider)
{
    // Raised when templates are made otherwise than before.
    private const int Format = 5;
    private static readonly TimeSpan UnusedFor = TimeSpan.FromDays(14);

    /// <summary>Unpacks the template for an installation to <paramref name="target"/>, as a server left it that lost its power.</summary>
    /// <returns>Null when it was unpacked. Where there is no template, the turn to make it, and nothing is at the target.</returns>
    public async Task<TemplateTurn?> CopyToAsync(string target, PostgresInstallation installation, IProgressSink sink, CancellationToken cancellationToken)
    {
        string key = Key(installation);
        string template = Path.Combine(folders.Templates, key + ".tar");
        folders.CreateReachable(folders.Templates);

        // Held while unpacking too, so that nobody cleans the template away meanwhile.
        FileLock turn = await FileLock.AcquireAsync(
            LockFile(key), "it makes or copies the database template", sink, timeProvider, cancellationToken).ConfigureAwait(false);
        try
        {
            if (File.Exists(template) && await TryUnpackAsync(template, target, sink, cancellationToken).ConfigureAwait(false))
            {
                turn.Dispose();
                return null;
            }

            DeleteUnused();
            return new TemplateTurn(turn, template, sink);
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>False when the archive is damaged: it is deleted then, and nothing is at the target.</summary>
    private async Task<bool> TryUnpackAsync(string template, string target, IProgressSink sink, CancellationToken cancellationToken)
    {
        File.SetLastWriteTimeUtc(template, timeProvider.GetUtcNow().UtcDateTime);
        sink.Publish(new Detail($"Copying the template cluster to '{target}'."));
        Directory.CreateDirectory(target);
        try
        {
            await Task.Run(() => Unpack(template, target, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            sink.Publish(new Notice($"The template cluster '{template}' is damaged, so it is made anew: {e.Message}"));
            FolderRemoval.Run(target);
            File.Delete(template);
            return false;
        }

        ServerProcess.ForgetIn(target);
        return true;
    }

    private static void Unpack(string template, string target, CancellationToken cancellationToken)
    {
        using FileStream archive = File.OpenRead(template);
        using var stoppable = new StoppableStream(archive, cancellationToken);
        TarFile.ExtractToDirectory(stoppable, target, overwriteFiles: false);
    }

    /// <summary>What a template depends on: another of any of these is another template.</summary>
    internal string Key(PostgresInstallation installation)
    {
        string text = string.Join('\n', Format, installation.BinFolder, installation.Version, folders.ServerUser?.Name, Bootstrap.Hash, ServerSettings.Text(0, false, ServerSettings.Preloaded(installation)));
        return $"{installation.Version}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]}";
    }

    private string LockFile(string key) => Path.Combine(folders.Templates, key + ".lock");

    /// <summary>Deletes what nobody has used for long: archives, what was left of making one, and the folders of earlier versions of ours.</summary>
    private void DeleteUnused()
    {
        DateTime limit = (timeProvider.GetUtcNow() - UnusedFor).UtcDateTime;
        foreach (FileSystemInfo entry in new DirectoryInfo(folders.Templates).GetFileSystemInfos().Where(entry => entry.LastWriteTimeUtc < limit && entry.Extension != ".lock"))
        {
            using FileLock? free = FileLock.TryAcquire(LockFile(KeyOf(entry.Name)));
            if (free is not null)
            {
                Delete(entry);
            }
        }
    }

    private static string KeyOf(string name)
    {
        foreach (string suffix in (string[])[TemplateTurn.Unfinished, ".tar"])
        {
            name = name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;
        }

        return name;
    }

    private static void Delete(FileSystemInfo entry)
    {
        if (entry is DirectoryInfo folder)
        {
            FolderRemoval.Run(folder.FullName);
        }
        else
        {
            entry.Delete();
        }
    }
}

/// <summary>The turn to make a template, which nobody else can make or use before it is disposed.</summary>
internal sealed class TemplateTurn(FileLock turn, string template, IProgressSink sink) : IDisposable
{
    /// <summary>What the name of a template ends with while it is being made.</summary>
    public const string Unfinished = ".making";

    /// <summary>
    /// Makes the template of a running server's data. That is safe because the server is at rest: a checkpoint has just written everything,
    /// nobody else can sign in yet, and nothing cleans up by itself. So the copy is that of one moment, as after a loss of power. Nothing
    /// may be asked of the server meanwhile: of a file that grows while it is archived .NET writes more than its header says, and whoever
    /// unpacks the archive loses what comes after it. Only what is on the disk gets its name.
    /// </summary>
    /// <param name="data">The server's data folder.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public void Make(string data, CancellationToken cancellationToken)
    {
        File.Delete(template + Unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 1 << 20 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var archive = new FileStream(template + Unfinished, options))
        {
            using (var stoppable = new StoppableStream(archive, cancellationToken))
            {
                TarFile.CreateFromDirectory(data, stoppable, includeBaseDirectory: false);
            }

            archive.Flush(flushToDisk: true);
        }

        File.Move(template + Unfinished, template);
    }

    public void Dispose()
    {
        File.Delete(template + Unfinished);
        turn.Dispose();
        sink.Publish(new ActivityCompleted(ClusterData.Activity));
    }
}
