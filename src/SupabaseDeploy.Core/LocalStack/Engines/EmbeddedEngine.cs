using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Programs of this machine: a PostgreSQL cluster, and a gateway that runs the other services, both detached from whoever starts them.</summary>
internal sealed class EmbeddedEngine(EngineContext context) : ILocalStackEngine
{
    private readonly StackFolder _folder = context.Folder;
    private readonly PostgresCluster _cluster = PostgresCluster.At(context.Folder.Root, context.Cluster with { WishedPort = () => context.Configuration.Port("db.port") });

    public LocalStackEngine Kind => LocalStackEngine.Embedded;

    public static IReadOnlyList<string> AllLogNames { get; } =
        [DatabaseService.ServiceName, GatewayService.ServiceName, LogFiles.Access, .. ServiceCatalog.All.Select(definition => definition.Name)];

    public IReadOnlyList<string> LogNames => AllLogNames;

    public string Host
    {
        get
        {
            try
            {
                DatabaseAddress database = _cluster.Application;
                return $"{database.Host}:{database.Port}";
            }
            catch (DeployException e) when (e.Code == ErrorTable.ClusterNotCreated)
            {
                return "127.0.0.1"; // Never started: it has no port yet.
            }
        }
    }

    public async Task<EngineObservation> ObserveAsync(CancellationToken cancellationToken)
    {
        (DatabaseService databaseService, GatewayService gatewayService) = Services(NullProgressSink.Instance);
        Task<LocalService> asked = databaseService.GetAsync(cancellationToken);
        RunningGateway? running = await gatewayService.LookAsync(cancellationToken).ConfigureAwait(false);
        LocalService database = await asked.ConfigureAwait(false);
        LocalService[] gateway = running is not null || context.HasGateway ? [gatewayService.Describe(running)] : [];
        return new EngineObservation
        {
            Services = [.. gateway.Prepend(database).Select(service => service.WithMemory()), .. (running?.Health.Services ?? []).Select(LocalService.Of).Select(WithLastWords)],
            Database = database.Port > 0 ? _cluster.Application : null,
            Url = running is null ? null : GatewayClient.Url(running.State.Port),
            Keys = LocalKeys.Read(_folder.KeysFile),
        };
    }

    public async Task<bool> StartAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        StackRecord? before = StackRecord.Read(_folder.StackFile);
        (DatabaseService database, GatewayService gateway) = Services(sink);
        if (context.HasGateway)
        {
            return await new StackSupervisor([database, gateway], () => database.HasMoved).StartAsync(before, sink, cancellationToken).ConfigureAwait(false);
        }

        await gateway.StopAsync(cancellationToken).ConfigureAwait(false);
        return await new StackSupervisor([database]).StartAsync(before, sink, cancellationToken).ConfigureAwait(false);
    }

    public Task StopAsync(IProgressSink sink, CancellationToken cancellationToken) => Supervisor(sink).StopAsync(cancellationToken);

    public async Task RemoveAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        StackSupervisor supervisor = Supervisor(sink);
        await supervisor.StopAsync(cancellationToken).ConfigureAwait(false);
        await supervisor.RemoveAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<DatabaseAddress?> FindDatabaseAsync(CancellationToken cancellationToken) =>
        await IsRunningAsync(cancellationToken).ConfigureAwait(false) ? _cluster.Application : null;

    public async Task<DatabaseAddress?> FindAdministrationAsync(CancellationToken cancellationToken) =>
        await IsRunningAsync(cancellationToken).ConfigureAwait(false) ? _cluster.Administration : null;

    public IAsyncEnumerable<LogLine> ReadLogsAsync(IReadOnlyList<string> services, int tail, bool follow, CancellationToken cancellationToken) =>
        new LogFiles(context.Environment, context.Time).ReadAsync(
            [.. services.Select(service => (service, FileOf(service)))], tail, follow, cancellationToken);

    /// <summary>The new data is made on a server of its own while the old one runs; then their folders are exchanged.</summary>
    public async Task<ReplacedDatabase> ReplaceDatabaseAsync(ResetPlan plan, ResetRecord record, IProgressSink sink, CancellationToken cancellationToken)
    {
        var content = new ShadowContent(plan.Migrations, context.Environment, plan.Seeds) { Secrets = ProjectContent.Of(context.Configuration) };
        MadeShadow shadow = await (context.Shadows ?? new ShadowDatabases(context.Cluster)).StartAsync(
            Path.Combine(_folder.Root, "reset"), content, sink, cancellationToken, _cluster.Passwords).ConfigureAwait(false);
        ThrowAwayCluster made = shadow.Cluster;
        await using (made.ConfigureAwait(false))
        {
            string data = await made.GetDataFolderAsync(cancellationToken).ConfigureAwait(false);
            // Most of what the exchange must find on the disk is there already; it gets there while the ledger is written.
            var flush = Task.Run(() => DurableFolder.FlushAll(data), CancellationToken.None);
            await Task.WhenAll(
                flush, record.WriteAsync(_cluster.Application, made.Application, new SnapshotSchema(shadow).MeasureAsync, cancellationToken)).ConfigureAwait(false);
            sink.Publish(new ActivityProgress(LocalStackResetter.ActivityOf(context.Environment), "Exchanging the databases", 70));
            PostgresInstallation installation = made.Installation;
            await made.StopAsync(cancellationToken).ConfigureAwait(false);
            return new ReplacedDatabase(shadow.Cached, await _cluster.ReplaceDataAsync(data, installation, made.Passwords, sink, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>All services of the stack, in the order they are started.</summary>
    private StackSupervisor Supervisor(IProgressSink sink)
    {
        (DatabaseService database, GatewayService gateway) = Services(sink);
        return new StackSupervisor([database, gateway]);
    }

    private (DatabaseService Database, GatewayService Gateway) Services(IProgressSink sink)
    {
        var keys = new Lazy<LocalKeys>(() => LocalKeys.ReadOrCreate(_folder.KeysFile));
        var database = new DatabaseService(_cluster, keys)
        {
            // Without the file nothing was ever changed, and a start need not ask.
            AreNewObjectsGranted = File.Exists(SupabaseConfiguration.FileOf(context.Environment.Project)) ? NewObjectGrants.AreWanted(context.Configuration) : null,
        };
        var planner = new ServicePlanner(ServiceCatalog.All, context.Runtimes, context.FindProgram, sink);
        var plans = new StackPlans(context.Environment, _folder, database, keys, context.GatewayFolders, planner) { Surroundings = context.Surroundings };
        return (database, new GatewayService(_folder, context.Environment.Name, context.GatewayFolders, context.Time)
        {
            Plan = plans.MakeAsync,
            WishedPort = () => context.Configuration.Port("api.port"),
        });
    }

    private async Task<bool> IsRunningAsync(CancellationToken cancellationToken) =>
        (await _cluster.GetStateAsync(cancellationToken).ConfigureAwait(false)).IsRunning;

    private string FileOf(string service) => service == DatabaseService.ServiceName ? _cluster.LogFile ?? _folder.LogOf(service) : _folder.LogOf(service);

    private LocalService WithLastWords(LocalService service)
    {
        const int Lines = 4;
        string log = _folder.LogOf(service.Name);
        return service.State == ServiceState.GaveUp && File.Exists(log)
            ? service with { LastWords = ProcessResult.LastLines(File.ReadAllText(log), Lines) }
            : service;
    }
}
