using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>Sees to it that a home has data, and that its passwords are known to us and to nobody else.</summary>
internal sealed class ClusterData(ClusterFiles files, ClusterHome home, PostgresServer server, ClusterOptions options, TimeProvider timeProvider)
{
    /// <summary>Does what is missing; nothing when data and passwords are there.</summary>
    /// <returns>The pointer as it is written now.</returns>
    public async Task<ClusterPointer> ProvideAsync(
        ClusterPointer pointer, ClusterTemplates templates, PostgresInstallation installation, IProgressSink sink, CancellationToken cancellationToken)
    {
        home.DeleteLeftovers();
        await home.CreateAsync(cancellationToken).ConfigureAwait(false);
        if (options.IsThrowAway && home.Folders.Clusters is not null)
        {
            AbandonedClusters.Remove(home.Folders, timeProvider);
            AbandonedClusters.Mark(home, files.Folder);
        }

        if (home.HasData && files.ReadPasswords() is not null)
        {
            return pointer;
        }

        await ServerSettings.WriteAsync(home, pointer.Port, options.IsThrowAway, cancellationToken).ConfigureAwait(false);
        if (home.HasData)
        {
            sink.Publish(new Notice($"The passwords of cluster '{files.Folder}' are not known any more; it gets new ones."));
            ServerProcess.ClearTheWay(home.Data);
            await SetPasswordsAsync(home.Data, cancellationToken).ConfigureAwait(false);
            return pointer;
        }

        if (options.Snapshot?.TryCopyTo(home.PartialData, templates.Key(installation), cancellationToken) != true)
        {
            sink.Publish(new Detail($"Copying the template cluster to '{home.Data}'."));
            await templates.CopyToAsync(home.PartialData, installation, sink, cancellationToken).ConfigureAwait(false);
        }

        sink.Publish(new Detail("Setting the passwords of the copy."));
        await home.GiveToServerAsync(home.PartialData, cancellationToken).ConfigureAwait(false);
        await SetPasswordsAsync(home.PartialData, cancellationToken).ConfigureAwait(false);
        pointer = pointer with { Bootstrap = Bootstrap.Hash };
        await files.WriteAsync(pointer, cancellationToken).ConfigureAwait(false);
        Directory.Move(home.PartialData, home.Data);
        return pointer;
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
