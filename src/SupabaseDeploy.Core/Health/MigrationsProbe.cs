using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Health;

/// <summary>Whether the migrations applied to a database are those it should hold.</summary>
internal sealed class MigrationsProbe(DeploymentEnvironment environment)
{
    /// <summary>The release the database was compared with, once measured; null when it was the folder.</summary>
    public Release? Release { get; private set; }

    /// <summary>Every deployment here, where the release comes from the ledger.</summary>
    public IReadOnlyList<Deployment> Deployments { get; private set; } = [];

    /// <summary>True when it is known that no release was asked for, and none was ever published here.</summary>
    public bool IsUnpublished { get; private set; }

    public async Task<Finding> CheckAsync(NpgsqlConnection connection, DatabaseAddress address, Release? expected, CancellationToken cancellationToken)
    {
        var ledger = new Ledger(environment, address);
        Release = expected;
        if (expected is null)
        {
            Deployments = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            Release = Ledger.Current(Deployments)?.Release;
            // What is expected comes from the ledger: where its evidence was changed, nothing it says is to be believed.
            await ledger.GetEvidenceAsync(cancellationToken).ConfigureAwait(false);
        }

        IsUnpublished = Release is null;
        IReadOnlyList<AppliedVersion> history = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        string[] applied = [.. history.Select(row => row.Version)];
        return Release is null
            ? MigrationsVerdict.AgainstFolder(environment.MigrationsFolder, FilesOf(environment.MigrationsFolder), applied)
            : MigrationsVerdict.AgainstRelease(Release, applied);
    }

    // A database that is only looked at needs no folder of migrations.
    private static string[] FilesOf(string folder) => Directory.Exists(folder)
        ? [.. MigrationFolder.Read(folder, NullProgressSink.Instance).Select(file => file.Version)]
        : [];
}
