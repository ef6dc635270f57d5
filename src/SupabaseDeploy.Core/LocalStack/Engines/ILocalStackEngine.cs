using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// What runs the stack of one environment. Each call looks before it acts and may be repeated, also after a crash in the middle of the one
/// before. Calls that change something are made under the lock of the stack. Whatever the engine, <see cref="GatewayService"/> is part of
/// the stack: it is the one URL for everything, and serves the web root that releases are published to.
/// </summary>
internal interface ILocalStackEngine
{
    /// <summary>Which engine this is; never <see cref="LocalStackEngine.Auto"/>.</summary>
    LocalStackEngine Kind { get; }

    /// <summary>The database's host and port as questions show them, as far as files say; without a port before the first start.</summary>
    string Host { get; }

    /// <summary>The services that write logs, in the order they are started.</summary>
    IReadOnlyList<string> LogNames { get; }

    /// <summary>How the stack is now. Changes nothing and waits for nobody.</summary>
    Task<EngineObservation> ObserveAsync(CancellationToken cancellationToken);

    /// <summary>Starts what does not run and adopts what does; returns when every service answers.</summary>
    /// <returns>True when anything was started.</returns>
    /// <exception cref="DeployException">A service does not start. Nothing that this call started is left running.</exception>
    Task<bool> StartAsync(IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>Whether a start that failed so had begun anything: only then there may be data that a removal of the stack's deletes.</summary>
    bool HasBegun(Exception failure) => true;

    /// <summary>Stops everything; data and ports are kept.</summary>
    Task StopAsync(IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>Stops everything and deletes its data.</summary>
    Task RemoveAsync(IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>The application's database as the migrating role; null when it does not run.</summary>
    Task<DatabaseAddress?> FindDatabaseAsync(CancellationToken cancellationToken);

    /// <summary>The same database as a superuser; null when it does not run.</summary>
    Task<DatabaseAddress?> FindAdministrationAsync(CancellationToken cancellationToken);

    /// <summary>The last lines of some logs and, when they are followed, every line that is added, until the token is cancelled.</summary>
    /// <param name="services">Some of <see cref="LogNames"/>.</param>
    /// <param name="tail">How many lines each begins with.</param>
    /// <param name="follow">Whether to go on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<LogLine> ReadLogsAsync(IReadOnlyList<string> services, int tail, bool follow, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the application's database by a fresh one with the migrations and seeds of a plan, at the same address and with the same
    /// passwords. Stopped or failed before the exchange, the old one is untouched.
    /// </summary>
    /// <param name="plan">What the new database holds.</param>
    /// <param name="record">Brings the ledger along: is to be called with the new database, before it takes the old one's place.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Stops it until the exchange.</param>
    Task<ReplacedDatabase> ReplaceDatabaseAsync(ResetPlan plan, ResetRecord record, IProgressSink sink, CancellationToken cancellationToken);
}

/// <summary>A stack as its engine sees it.</summary>
internal sealed record EngineObservation
{
    /// <summary>The services, the database and the gateway among them.</summary>
    public required IReadOnlyList<LocalService> Services { get; init; }

    /// <summary>The application's database as the migrating role; null before the first start.</summary>
    public required DatabaseAddress? Database { get; init; }

    /// <summary>The one URL for everything; null when it does not run.</summary>
    public required Uri? Url { get; init; }

    /// <summary>The stack's keys; null before the first start.</summary>
    public required LocalKeys? Keys { get; init; }

    /// <summary>How much of it runs. Optional services do not count.</summary>
    public LocalStackState State
    {
        get
        {
            List<LocalService> needed = [.. Services.Where(service => !service.IsOptional)];
            int running = needed.Count(service => service.IsRunning);
            return running == 0 ? LocalStackState.Stopped : running == needed.Count ? LocalStackState.Running : LocalStackState.Partial;
        }
    }
}

/// <summary>A database that was replaced.</summary>
/// <param name="FromCache">How many of the migrations and seeds came with a snapshot.</param>
/// <param name="Downtime">How long no connection could be made.</param>
internal sealed record ReplacedDatabase(int FromCache, TimeSpan Downtime);
