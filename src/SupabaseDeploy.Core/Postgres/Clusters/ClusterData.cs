using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>Sees to it that a home has data, and that its passwords are known to us and to nobody else.</summary>
internal sealed class ClusterData(ClusterFiles files, ClusterHome home, PostgresServer server, ClusterOptions options, TimeProvider timeProvider)
{
    /// <summary>What is being done where there is no template to copy.</summary>
    public const string Activity = "Prepare PostgreSQL";

    /// <summary>Does what is missing; nothing when data and passwords are there.</summary>
    /// <returns>The pointer as it is written now and, when the data is new and empty because there is no template, the turn to make one of it.</returns>
    public async Task<(ClusterPointer Pointer, TemplateTurn? Turn)> ProvideAsync(
        ClusterPointer pointer, ClusterTemplates templates, PostgresInstallation installation, IProgressSink sink, CancellationToken cancellationToken)
    {
        home.DeleteLeftovers();
        if (home.IsUnfinished)
        {
            home.DiscardData();
            home.EndData();
        }

        await home.CreateAsync(cancellationToken).ConfigureAwait(false);
        if (options.IsThrowAway && home.Folders.Clusters is not null)
        {
            AbandonedClusters.Remove(home.Folders, timeProvider);
            AbandonedClusters.Mark(home, files.Folder);
        }

        if (home.HasData && files.ReadPasswords() is not null)
        {
            return (pointer, null);
        }

        await ServerSettings.WriteAsync(home, server.Installation, pointer.Port, options.IsThrowAway, cancellationToken).ConfigureAwait(false);
        if (home.HasData)
        {
            sink.Publish(new Notice($"The passwords of cluster '{files.Folder}' are not known any more; it gets new ones."));
            ServerProcess.ClearTheWay(home.Data);
            await SetPasswordsAsync(home.Data, cancellationToken).ConfigureAwait(false);
            return (pointer, null);
        }

        if (options.Snapshot?.TryCopyTo(home.PartialData, templates.Key(installation), cancellationToken) != true
            && await templates.CopyToAsync(home.PartialData, installation, sink, cancellationToken).ConfigureAwait(false) is { } turn)
        {
            return (await InitializeAsync(pointer, turn, sink, cancellationToken).ConfigureAwait(false), turn);
        }

        sink.Publish(new Detail("Setting the passwords of the copy."));
        await home.GiveToServerAsync(home.PartialData, cancellationToken).ConfigureAwait(false);
        await SetPasswordsAsync(home.PartialData, cancellationToken).ConfigureAwait(false);
        pointer = pointer with { Bootstrap = Bootstrap.Hash };
        await files.WriteAsync(pointer, cancellationToken).ConfigureAwait(false);
        Directory.Move(home.PartialData, home.Data);
        return (pointer, null);
    }

    /// <summary>New data with nothing in it yet.</summary>
    private async Task<ClusterPointer> InitializeAsync(ClusterPointer pointer, TemplateTurn turn, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            sink.Publish(new ActivityProgress(Activity, "Initialising the first cluster of this version", 0));
            pointer = pointer with { Bootstrap = "" };
            await files.WriteAsync(pointer, cancellationToken).ConfigureAwait(false);
            ClusterPasswords passwords = options.Passwords ?? ClusterPasswords.Create();
            // While there is no data: what is flushed after it takes the whole of it along.
            await files.WriteAsync(passwords, cancellationToken).ConfigureAwait(false);
            await home.BeginDataAsync(cancellationToken).ConfigureAwait(false);
            string secret = Path.Combine(home.LogFolder, "password");
            await AtomicFile.WriteAllTextAsync(
                secret, passwords.SupabaseAdmin, UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken, isDurable: false).ConfigureAwait(false);
            await home.GiveToServerAsync(home.LogFolder, cancellationToken).ConfigureAwait(false);
            Directory.CreateDirectory(home.PartialData);
            await home.GiveToServerAsync(home.PartialData, cancellationToken).ConfigureAwait(false);
            try
            {
                await server.InitializeAsync(Path.GetFileName(home.PartialData), Path.Combine("log", "password"), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                File.Delete(secret);
            }

            await File.AppendAllTextAsync(Path.Combine(home.PartialData, "postgresql.conf"), $"\n{ServerSettings.Include}\n", cancellationToken).ConfigureAwait(false);
            Directory.Move(home.PartialData, home.Data);
            return pointer;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>Sets new passwords, then writes them down: killed in between, they are unknown and set again.</summary>
    private async Task SetPasswordsAsync(string data, CancellationToken cancellationToken)
    {
        ClusterPasswords passwords = options.Passwords ?? ClusterPasswords.Create();
        files.DeletePasswords();
        await server.SetPasswordsAsync(Path.GetFileName(data), passwords, cancellationToken).ConfigureAwait(false);
        await files.WriteAsync(passwords, cancellationToken).ConfigureAwait(false);
    }
}
