using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Replaces a local environment's database by a fresh, migrated and seeded one: the new data is made on a server of its own beside the
/// running one, from the snapshot cache, and takes its place while the server is stopped for a moment. Port and passwords stay.
/// Roles, settings and everything else that migrations do to a server begin anew, too.
/// </summary>
/// <param name="clusterOptions">How the servers are run; null for the usual way.</param>
public sealed class LocalStackResetter(ClusterOptions? clusterOptions = null)
{
    private readonly ClusterOptions _options = clusterOptions ?? new ClusterOptions();

    private TimeProvider Time => _options.TimeProvider ?? TimeProvider.System;

    /// <summary>What makes the new data; null for the usual snapshots.</summary>
    internal ShadowDatabases? Shadows { get; init; }

    /// <summary>What <see cref="ResetAsync"/> would do and lose. Changes nothing and takes no lock.</summary>
    /// <exception cref="DeployException">Not a local environment, its database does not run, or the files cannot be read.</exception>
    public async Task<ResetPlan> PlanAsync(ResetRequest request, IProgressSink sink, CancellationToken cancellationToken)
    {
        PostgresCluster cluster = await FindRunningAsync(request.Environment, cancellationToken).ConfigureAwait(false);
        return await ResetPlanner.MakeAsync(request, cluster.Administration, sink, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Resets. Stopped or failed before the exchange, the old database is untouched; after it, the new one is there.</summary>
    /// <exception cref="DeployException">
    /// As <see cref="PlanAsync"/>; <see cref="ErrorTable.ShadowNotBuilt"/>: a file does not apply;
    /// <see cref="ErrorTable.DeploymentLockHeld"/>: the database is being migrated or published to.
    /// </exception>
    public async Task<LocalStackReset> ResetAsync(ResetRequest request, IProgressSink sink, CancellationToken cancellationToken)
    {
        DateTimeOffset startedAt = Time.GetUtcNow();
        DeploymentEnvironment environment = request.Environment;
        LocalStacks.EnsureLocal(environment);
        StackFolder folder = StackFolder.Of(environment);
        string activity = $"Reset local stack '{environment.Name}'";
        using FileLock turn = await FileLock.AcquireAsync(
            folder.LockFile, $"it starts, stops or resets local stack '{environment.Name}'", sink, Time, cancellationToken).ConfigureAwait(false);
        try
        {
            PostgresCluster cluster = await FindRunningAsync(environment, cancellationToken).ConfigureAwait(false);
            DeploymentLock held = await DeploymentLock.AcquireAsync(
                cluster.Application, $"reset {environment.Name}", request.LockWait, sink, cancellationToken, Time).ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                ResetPlan plan = await ResetPlanner.MakeAsync(request, cluster.Administration, sink, cancellationToken).ConfigureAwait(false);
                sink.Publish(new ActivityProgress(activity, "Making a new database from the snapshot cache", 10));
                MadeShadow shadow = await (Shadows ?? new ShadowDatabases(_options)).StartAsync(
                    Path.Combine(folder.Root, "reset"), new ShadowContent(plan.Migrations, environment, plan.Seeds), sink, cancellationToken).ConfigureAwait(false);
                ThrowAwayCluster made = shadow.Cluster;
                await using (made.ConfigureAwait(false))
                {
                    var record = new ResetRecord(plan, held.Owner.Requester, startedAt, Time);
                    await record.WriteAsync(cluster.Application, made.Application, new SnapshotSchema(shadow), cancellationToken).ConfigureAwait(false);
                    await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
                    sink.Publish(new ActivityProgress(activity, "Exchanging the databases", 70));
                    TimeSpan downtime = await ExchangeAsync(cluster, made, sink, cancellationToken).ConfigureAwait(false);
                    return await VerifyAsync(plan, cluster.Application, CancellationToken.None).ConfigureAwait(false)
                        with { FromCache = shadow.Cached, Downtime = downtime, StartedAt = startedAt, Duration = Time.GetUtcNow() - startedAt };
                }
            }
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    private async Task<TimeSpan> ExchangeAsync(PostgresCluster cluster, ThrowAwayCluster made, IProgressSink sink, CancellationToken cancellationToken)
    {
        PostgresInstallation installation = made.Installation;
        await made.StopAsync(cancellationToken).ConfigureAwait(false);
        string data = await made.GetDataFolderAsync(cancellationToken).ConfigureAwait(false);
        return await cluster.ReplaceDataAsync(data, installation, sink, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads from the database that now has the old one's address what is reported.</summary>
    private static async Task<LocalStackReset> VerifyAsync(ResetPlan plan, DatabaseAddress database, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            IReadOnlyList<AppliedVersion> history = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            if (!history.Select(row => row.Version).SequenceEqual(plan.Migrations.Select(file => file.Version)))
            {
                throw new DeployException(
                    ErrorTable.MigrationHistoryMismatch,
                    $"The history of the new database has {history.Count} versions and should have {plan.Migrations.Count}: something else changed it just now.",
                    "Look with 'Get-Migration' at what is there, then reset again.",
                    plan.Environment.Name);
            }

            return new LocalStackReset
            {
                Environment = plan.Environment,
                Database = plan.Database,
                Version = history.Count == 0 ? null : history[^1].Version,
                Total = history.Count,
                Seeds = [.. plan.Seeds.Select(seed => seed.Name)],
                Lost = plan.Loses,
                FromCache = 0,
                StartedAt = default,
                Duration = default,
                Downtime = default,
            };
        }
    }

    private async Task<PostgresCluster> FindRunningAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        LocalStacks.EnsureLocal(environment);
        PostgresCluster cluster = PostgresCluster.At(StackFolder.Of(environment).Root, _options);
        return (await cluster.GetStateAsync(cancellationToken).ConfigureAwait(false)).IsRunning
            ? cluster
            : throw new DeployException(
                ErrorTable.LocalStackNotRunning,
                $"The database of environment '{environment.Name}' does not run, so it cannot be reset.",
                $"Run 'Start-LocalStack {environment.Name}' first.",
                environment.Name);
    }
}
