using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// Initialised and bootstrapped data folders, kept per installation, bootstrap and settings, to be copied instead of made anew.
/// Nobody knows a template's passwords: they were drawn for the minute in which it was made.
/// </summary>
internal sealed class ClusterTemplates(StateFolders folders, TimeSpan patience, TimeProvider timeProvider)
{
    // Raised when templates are made otherwise than before.
    private const int Format = 1;
    private const string Unfinished = ".making";
    private static readonly TimeSpan UnusedFor = TimeSpan.FromDays(14);

    /// <summary>Copies the template for an installation to <paramref name="target"/>, making the template first when there is none.</summary>
    public async Task CopyToAsync(string target, PostgresInstallation installation, IProgressSink sink, CancellationToken cancellationToken)
    {
        string key = Key(installation);
        string template = Path.Combine(folders.Templates, key);
        folders.CreateReachable(folders.Templates);

        // Held while copying too, so that nobody cleans the template away meanwhile.
        using FileLock turn = await FileLock.AcquireAsync(
            LockFile(key), "it makes or copies the database template", sink, timeProvider, cancellationToken).ConfigureAwait(false);
        if (!Directory.Exists(template))
        {
            await MakeAsync(template, target, installation, sink, cancellationToken).ConfigureAwait(false);
            DeleteUnused();
            return;
        }

        Directory.SetLastWriteTimeUtc(template, timeProvider.GetUtcNow().UtcDateTime);
        FolderCopy.Run(Path.Combine(template, "data"), target, cancellationToken);
    }

    /// <summary>What a template depends on: another of any of these is another template.</summary>
    internal string Key(PostgresInstallation installation)
    {
        string text = string.Join('\n', Format, installation.BinFolder, installation.Version, folders.ServerUser?.Name, Bootstrap.Hash, ServerSettings.Text(0, false));
        return $"{installation.Version}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]}";
    }

    private string LockFile(string key) => Path.Combine(folders.Templates, key + ".lock");

    /// <summary>Makes the template, and copies it while it is written to the disk: only then it gets its name.</summary>
    private async Task MakeAsync(string template, string target, PostgresInstallation installation, IProgressSink sink, CancellationToken cancellationToken)
    {
        string activity = $"Prepare PostgreSQL {installation.Version}";
        var home = new ClusterHome(template + Unfinished, folders);
        home.Remove();
        try
        {
            sink.Publish(new ActivityProgress(activity, "Initialising a template cluster, once for this version", 0));
            await home.CreateAsync(cancellationToken).ConfigureAwait(false);
            var server = new PostgresServer(installation, home, patience, timeProvider);
            Secret password = await InitializeAsync(home, server, cancellationToken).ConfigureAwait(false);

            await ClusterStart.RunAsync(server, home, LoopbackPort.Choose(), true, sink, cancellationToken).ConfigureAwait(false);
            sink.Publish(new ActivityProgress(activity, "Creating the roles and schemas of a Supabase project", 60));
            await FillAsync(ServerProcess.Find(home.Data)!.Port, password, cancellationToken).ConfigureAwait(false);
            await server.StopAsync(immediately: false, cancellationToken).ConfigureAwait(false);

            sink.Publish(new ActivityProgress(activity, "Writing the template to the disk", 80));
            await Task.WhenAll(
                Task.Run(() => DurableFolder.FlushAll(home.Data), cancellationToken),
                Task.Run(() => FolderCopy.Run(home.Data, target, cancellationToken), cancellationToken)).ConfigureAwait(false);
            Directory.Move(home.Folder, template);
        }
        finally
        {
            home.Remove();
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    private static async Task<Secret> InitializeAsync(ClusterHome home, PostgresServer server, CancellationToken cancellationToken)
    {
        var password = new Secret(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)));
        string secrets = Path.Combine(home.LogFolder, "password");
        AtomicFile.WriteAllText(secrets, password.Reveal(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await home.GiveToServerAsync(home.LogFolder, cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(home.Data);
        await home.GiveToServerAsync(home.Data, cancellationToken).ConfigureAwait(false);
        await server.InitializeAsync("data", Path.Combine("log", "password"), cancellationToken).ConfigureAwait(false);
        File.Delete(secrets);
        await File.AppendAllTextAsync(Path.Combine(home.Data, "postgresql.conf"), $"\n{ServerSettings.Include}\n", cancellationToken).ConfigureAwait(false);
        return password;
    }

    private static async Task FillAsync(int port, Secret password, CancellationToken cancellationToken)
    {
        var address = new DatabaseAddress { Host = "127.0.0.1", Port = port, Database = "postgres", User = PostgresServer.Superuser, Password = password };
        NpgsqlConnection connection = await address.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await Bootstrap.ApplyAsync(connection, cancellationToken).ConfigureAwait(false);
            foreach (string statement in MaintenanceDatabase)
            {
                var command = new NpgsqlCommand(statement, connection);
                await using (command.ConfigureAwait(false))
                {
                    await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    // From template0, so that it is empty whatever a site puts into template1.
    private static readonly string[] MaintenanceDatabase =
    [
        "create database _supabase_deploy template template0",
        "revoke all on database _supabase_deploy from public",
        "grant connect, create, temporary on database _supabase_deploy to postgres",
    ];

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
