using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Replaces a local environment's database by a fresh, migrated and seeded one. With the embedded engine the new data is made on a server
/// of its own beside the running one, from the snapshot cache, and takes its place while the server is stopped for a moment. Port and
/// passwords stay. Roles, settings and everything else that migrations do to a server begin anew, too.
/// </summary>
/// <param name="clusterOptions">How the servers are run; null for the usual way.</param>
public sealed class LocalStackResetter(ClusterOptions? clusterOptions = null)
{
    private readonly ClusterOptions _options = clusterOptions ?? new ClusterOptions();

    private TimeProvider Time => _options.TimeProvider ?? TimeProvider.System;

    /// <summary>What makes the new data; null for the usual snapshots.</summary>
    internal ShadowDatabases? Shadows { get; init; }

    /// <summary>Finds a program by its name.</summary>
    internal Func<string, string?> FindProgram { get; init; } = ProgramSearch.Find;

    /// <summary>Which Docker engine is used.</summary>
    internal DockerOptions Docker { get; init; } = DockerOptions.OfThisMachine();

    /// <summary>Where the gateway's program is looked for.</summary>
    internal IReadOnlyList<string> GatewayFolders { get; init; } = GatewayProgram.UsualFolders();

    /// <summary>What <see cref="ResetAsync"/> would do and lose. Changes nothing and takes no lock.</summary>
    /// <exception cref="DeployException">Not a local environment, its database does not run, or the files cannot be read.</exception>
    public async Task<ResetPlan> PlanAsync(ResetRequest request, IProgressSink sink, CancellationToken cancellationToken)
    {
        ILocalStackEngine engine = Engine(request.Environment);
        return await ResetPlanner.MakeAsync(request, await FindAdministrationAsync(engine, request.Environment, cancellationToken).ConfigureAwait(false), sink, cancellationToken).ConfigureAwait(false);
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
        string activity = ActivityOf(environment);
        using FileLock turn = await FileLock.AcquireAsync(
            folder.LockFile, $"it starts, stops or resets local stack '{environment.Name}'", sink, Time, cancellationToken).ConfigureAwait(false);
        try
        {
            ILocalStackEngine engine = Engine(environment);
            DatabaseAddress administration = await FindAdministrationAsync(engine, environment, cancellationToken).ConfigureAwait(false);
            DatabaseAddress database = (await engine.FindDatabaseAsync(cancellationToken).ConfigureAwait(false))!;
            DeploymentLock held = await DeploymentLock.AcquireAsync(
                database, $"reset {environment.Name}", request.LockWait, sink, cancellationToken, Time).ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                ResetPlan plan = await ResetPlanner.MakeAsync(request, administration, sink, cancellationToken).ConfigureAwait(false);
                ProjectContent? content = engine.Kind == LocalStackEngine.SupabaseCli ? null : ProjectContent.Of(SupabaseConfiguration.Load(environment.Project));
                sink.Publish(new ActivityProgress(activity, "Making a new database", 10));
                var record = new ResetRecord(plan, held, startedAt, Time);
                ReplacedDatabase replaced = await engine.ReplaceDatabaseAsync(plan, record, sink, cancellationToken).ConfigureAwait(false);
                if (content is not null)
                {
                    await EnsureAsync(content, administration, sink).ConfigureAwait(false);
                }

                return await VerifyAsync(plan, database, CancellationToken.None).ConfigureAwait(false)
                    with { FromCache = replaced.FromCache, Downtime = replaced.Downtime, StartedAt = startedAt, Duration = Time.GetUtcNow() - startedAt };
            }
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    /// <summary>What a reset is called in progress.</summary>
    internal static string ActivityOf(DeploymentEnvironment environment) => $"Reset local stack '{environment.Name}'";

    /// <summary>The new database is there already, so what it refuses is no failure of the reset.</summary>
    private static async Task EnsureAsync(ProjectContent content, DatabaseAddress administration, IProgressSink sink)
    {
        try
        {
            await content.EnsureAsync(administration, sink, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DeployException e)
        {
            sink.Publish(new Caution($"The database was reset, and lacks something: {e.Message} {e.Remedy}"));
        }
    }

    private ILocalStackEngine Engine(DeploymentEnvironment environment)
    {
        LocalStacks.EnsureLocal(environment);
        return StackEngines.Of(new EngineContext
        {
            Environment = environment,
            Time = Time,
            Cluster = _options,
            Shadows = Shadows,
            FindProgram = FindProgram,
            Docker = Docker,
            GatewayFolders = GatewayFolders,
        });
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

    private static async Task<DatabaseAddress> FindAdministrationAsync(ILocalStackEngine engine, DeploymentEnvironment environment, CancellationToken cancellationToken) =>
        await engine.FindAdministrationAsync(cancellationToken).ConfigureAwait(false) ?? throw new DeployException(
            ErrorTable.LocalStackNotRunning,
            $"The database of environment '{environment.Name}' does not run, so it cannot be reset.",
            $"Run 'Start-LocalStack {environment.Name}' first.",
            environment.Name);
}
