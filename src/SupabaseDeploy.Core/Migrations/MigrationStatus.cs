using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Where a migration stands.</summary>
public enum MigrationState
{
    /// <summary>Recorded in the history, and its file is there.</summary>
    Applied,

    /// <summary>The file is there and not recorded.</summary>
    Pending,

    /// <summary>The file is there and not recorded, and a newer one is: it would run in another order than its version says.</summary>
    OutOfOrder,

    /// <summary>Recorded, and the file holds other statements now.</summary>
    Edited,

    /// <summary>Recorded, and only comments or white space of the file are not as they were.</summary>
    CommentsEdited,

    /// <summary>Recorded under another name.</summary>
    Renamed,

    /// <summary>The version is recorded for a migration of another name that has no statement in common: the file was never applied.</summary>
    OtherMigration,

    /// <summary>Another file has the version too, and it is that one's: nothing can be applied until one of them gets another.</summary>
    DuplicateVersion,

    /// <summary>Recorded, and there is no file.</summary>
    MissingFile,

    /// <summary>The database was not asked.</summary>
    Unknown,
}

/// <summary>One migration of an environment: its file, its row in the history, or both.</summary>
public sealed record MigrationStatus : IEnvironmentResult
{
    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The version.</summary>
    public required string Version { get; init; }

    /// <summary>The name; empty when only an old row without a name is left.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required MigrationState State { get; init; }

    /// <summary>What the statements in the history say about the file; <see cref="MigrationContent.Unknown"/> when they say nothing.</summary>
    public MigrationContent Content { get; init; }

    /// <summary>The statements in which the file differs from what was applied; empty when it does not.</summary>
    public IReadOnlyList<StatementChange> Difference { get; init => field = value.ToArray(); } = [];

    /// <summary>The name in the history; null when it is not applied, or an old row without a name.</summary>
    public string? RecordedName { get; init; }

    /// <summary>Who applied it, where the history says so: rows written by the hosted platform do.</summary>
    public string? AppliedBy { get; init; }

    /// <summary>The file, absolute; null when it is missing.</summary>
    public string? Path { get; init; }

    /// <summary>The down script, absolute; null when there is none.</summary>
    public string? DownPath { get; init; }

    /// <summary>True when there is a down script, so that the migration can be taken back.</summary>
    public bool HasDown => DownPath is not null;

    /// <summary>Compares a folder with the history of a database. Changes nothing and takes no lock.</summary>
    /// <param name="environment">The environment, whose folder is read.</param>
    /// <param name="database">Its database; null to read only the files.</param>
    /// <param name="sink">Told of skipped files.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public static async Task<IReadOnlyList<MigrationStatus>> ReadAsync(
        DeploymentEnvironment environment, DatabaseAddress? database, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<MigrationFile> files = MigrationFolder.ReadWithDuplicates(environment.MigrationsFolder, sink);
        if (database is null)
        {
            return [.. files.Select(file => Of(environment, file, MigrationState.Unknown))];
        }

        NpgsqlConnection connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return Of(environment, files, await MigrationPlan.ReadAsync(connection, files, cancellationToken).ConfigureAwait(false));
        }
    }

    private static IReadOnlyList<MigrationStatus> Of(DeploymentEnvironment environment, IReadOnlyList<MigrationFile> files, MigrationPlan plan)
    {
        HashSet<MigrationFile> owners = [.. files.GroupBy(file => file.Version).Select(group => VersionOwner.Of([.. group], plan.Applied))];
        HashSet<MigrationFile> late = [.. plan.OutOfOrder];
        IEnumerable<MigrationStatus> applied = plan.Applied.Select(file => Of(environment, file.File, owners.Contains(file.File) ? file.State : MigrationState.DuplicateVersion) with
        {
            Content = file.Content,
            Difference = file.Difference,
            RecordedName = file.Row.Name,
            AppliedBy = file.Row.CreatedBy,
        });
        IEnumerable<MigrationStatus> pending = plan.Pending.Select(file => Of(environment, file, StateOf(file)));
        IEnumerable<MigrationStatus> withoutFile = plan.MissingFiles.Select(row => new MigrationStatus
        {
            Environment = environment,
            Version = row.Version,
            Name = row.Name ?? "",
            State = MigrationState.MissingFile,
            RecordedName = row.Name,
            AppliedBy = row.CreatedBy,
        });
        return [.. applied.Concat(pending).Concat(withoutFile).OrderBy(status => status.Version, StringComparer.Ordinal)];

        MigrationState StateOf(MigrationFile file) => owners.Contains(file)
            ? late.Contains(file) ? MigrationState.OutOfOrder : MigrationState.Pending
            : MigrationState.DuplicateVersion;
    }

    private static MigrationStatus Of(DeploymentEnvironment environment, MigrationFile file, MigrationState state) => new()
    {
        Environment = environment,
        Version = file.Version,
        Name = file.Name,
        State = state,
        Path = file.Path,
        DownPath = file.DownPath,
    };
}
