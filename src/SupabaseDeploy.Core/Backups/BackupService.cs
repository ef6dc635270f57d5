using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Backups;

/// <summary>
/// Takes backups: one moment of the database, the server's roles, and a manifest that says exactly what must be there after a restore.
/// Takes no deployment lock: the snapshot is consistent also while others write.
/// </summary>
/// <param name="targets">Where environments are.</param>
/// <param name="installations">Where the dump programs come from.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class BackupService(IDeploymentTargets targets, PostgresInstallations installations, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Takes a backup. Killed in the middle, nothing of it is ever taken for a backup.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.BackupFailed"/>, <see cref="ErrorTable.DumpProgramTooOld"/>, or no connection could be made.</exception>
    public async Task<DeploymentBackup> CreateAsync(DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken)
    {
        IDeploymentTarget target = targets.For(environment);
        DatabaseAddress application = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        // The platform's own tables (auth, vault) are not all readable for the application's role.
        DatabaseAddress database = await target.GetAdministrationAsync(cancellationToken).ConfigureAwait(false) ?? application;
        PostgresInstallation installation = await installations.FindOrInstallAsync(sink, cancellationToken).ConfigureAwait(false);
        await CautionAboutDeploymentAsync(application, sink, cancellationToken).ConfigureAwait(false);

        var store = new BackupStore(environment);
        DateTimeOffset startedAt = _time.GetUtcNow();
        string activity = $"Back up {environment}";
        using FolderClaim folder = store.BeginNew(startedAt, out string id);
        try
        {
            BackupManifest manifest = await DumpAsync(environment, database, installation, folder.Path, id, startedAt, activity, sink, cancellationToken).ConfigureAwait(false);
            await BackupStore.WriteManifestAsync(folder.Path, manifest, cancellationToken).ConfigureAwait(false);
            folder.RenameTo(id);
            return store.Read(id);
        }
        finally
        {
            folder.Delete();
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    private async Task<BackupManifest> DumpAsync(
        DeploymentEnvironment environment,
        DatabaseAddress database,
        PostgresInstallation installation,
        string folder,
        string id,
        DateTimeOffset startedAt,
        string activity,
        IProgressSink sink,
        CancellationToken cancellationToken)
    {
        DatabaseSnapshot snapshot = await DatabaseSnapshot.TakeAsync(database, _time, cancellationToken).ConfigureAwait(false);
        await using (snapshot.ConfigureAwait(false))
        {
            EnsureCanDump(installation, snapshot.Facts, database);
            SnapshotContent content = await ReadContentAsync(snapshot, database, activity, sink, cancellationToken).ConfigureAwait(false);
            await RunProgramsAsync(database, installation, snapshot.Facts, content.Tables.Count, folder, activity, sink, cancellationToken).ConfigureAwait(false);
            await BackupStore.WriteDefinitionAsync(folder, content.Definition, cancellationToken).ConfigureAwait(false);
            BackupFiles.Protect(folder);
            sink.Publish(new ActivityProgress(activity, "Computing checksums", 100));
            return new BackupManifest
            {
                Format = BackupManifest.CurrentFormat,
                Id = id,
                Environment = environment.Name,
                Application = environment.Application,
                Database = $"{database.Host}:{database.Port}/{database.Database}",
                StartedAt = startedAt,
                FinishedAt = _time.GetUtcNow(),
                ConsistentAt = snapshot.ConsistentAt,
                WalPosition = snapshot.Facts.WalPosition,
                ServerVersion = snapshot.Facts.ServerVersion,
                DumpVersion = installation.Version.ToString(),
                Release = content.Release,
                Migrations = content.Migrations,
                DatabaseSize = snapshot.Facts.DatabaseSize,
                LargeObjects = content.LargeObjects,
                Tables = content.Tables,
                NotValidConstraints = content.NotValidConstraints,
                Roles = content.Roles,
                HasRolePasswords = snapshot.Facts.CanReadPasswords,
                Files = await BackupFiles.MeasureAsync(folder, cancellationToken).ConfigureAwait(false),
            };
        }
    }

    private static async Task<SnapshotContent> ReadContentAsync(
        DatabaseSnapshot snapshot, DatabaseAddress database, string activity, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            return new SnapshotContent(
                await snapshot.Catalog.CountRowsAsync((done, total) => sink.Publish(new ActivityProgress(activity, "Counting rows", 100.0 * done / total)), cancellationToken).ConfigureAwait(false),
                await snapshot.Catalog.ReadMigrationsAsync(cancellationToken).ConfigureAwait(false),
                await snapshot.Catalog.ReadNotValidConstraintsAsync(cancellationToken).ConfigureAwait(false),
                await snapshot.Catalog.ReadRolesAsync(cancellationToken).ConfigureAwait(false),
                await snapshot.Catalog.CountLargeObjectsAsync(cancellationToken).ConfigureAwait(false),
                await snapshot.ReadDefinitionAsync(cancellationToken).ConfigureAwait(false),
                await snapshot.Catalog.ReadReleaseAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Npgsql.PostgresException e)
        {
            throw DatabaseSnapshot.Failed(database, e);
        }
    }

    private async Task RunProgramsAsync(
        DatabaseAddress database,
        PostgresInstallation installation,
        SnapshotFacts facts,
        int tables,
        string folder,
        string activity,
        IProgressSink sink,
        CancellationToken cancellationToken)
    {
        var program = new DumpProgram(installation, sink);
        var progress = new TableProgress(activity, "Dumping tables", tables, _time);
        var failure = new DumpFailure(
            ErrorTable.BackupFailed, $"Database '{database}' cannot be backed up", "Correct what the program reports and take the backup again.", database);
        database = await database.CurrentAsync(cancellationToken).ConfigureAwait(false);
        await program.RunAsync(
            "pg_dump",
            DumpCommands.Dump(database, Path.Combine(folder, BackupStore.DumpName), facts.Id, DumpProgram.Jobs),
            database,
            progress,
            failure,
            cancellationToken).ConfigureAwait(false);
        database = await database.CurrentAsync(cancellationToken).ConfigureAwait(false);
        await program.RunAsync(
            "pg_dumpall",
            DumpCommands.DumpRoles(database, Path.Combine(folder, BackupStore.RolesName), facts.CanReadPasswords),
            database,
            progress,
            failure,
            cancellationToken).ConfigureAwait(false);
        if (!facts.CanReadPasswords)
        {
            sink.Publish(new Caution($"Role '{database.User}' may not read password hashes: the backup holds the roles without their passwords."));
        }
    }

    private static async Task CautionAboutDeploymentAsync(DatabaseAddress database, IProgressSink sink, CancellationToken cancellationToken)
    {
        LockOwner? owner = await DeploymentLock.FindOwnerAsync(database, cancellationToken).ConfigureAwait(false);
        if (owner is not null && (owner.ProcessId, owner.Machine) != (System.Environment.ProcessId, System.Environment.MachineName))
        {
            sink.Publish(new Caution($"A deployment is under way ({owner}): the backup holds the state between two of its steps."));
        }
    }

    private static void EnsureCanDump(PostgresInstallation installation, SnapshotFacts facts, DatabaseAddress database)
    {
        if (installation.Version.Major < facts.ServerMajor)
        {
            throw new DeployException(
                ErrorTable.DumpProgramTooOld,
                $"pg_dump {installation.Version} in '{installation.BinFolder}' cannot back up '{database}', which is PostgreSQL {facts.ServerVersion}.",
                $"Install the PostgreSQL {facts.ServerMajor} programs.",
                installation);
        }
    }

    private sealed record SnapshotContent(
        IReadOnlyList<TableRows> Tables,
        IReadOnlyList<string> Migrations,
        IReadOnlyList<string> NotValidConstraints,
        IReadOnlyList<string> Roles,
        long LargeObjects,
        DatabaseDefinition Definition,
        string? Release);
}
