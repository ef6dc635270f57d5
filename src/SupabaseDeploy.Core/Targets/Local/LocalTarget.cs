using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.Local;

/// <summary>The local stack of an environment, with any engine: its database and its gateway. Both must run; it never starts them.</summary>
internal sealed class LocalTarget : IDeploymentTarget
{
    private readonly ILocalStackEngine _engine;
    private readonly GatewayService _gateway;
    private readonly WebReleases _web;
    private readonly StackFolder _folder;
    private readonly TimeProvider _time;

    public LocalTarget(DeploymentEnvironment environment, TimeProvider time)
        : this(environment, time, StackEngines.Of(environment, time))
    {
    }

    internal LocalTarget(DeploymentEnvironment environment, TimeProvider time, ILocalStackEngine engine)
    {
        StackFolder folder = StackFolder.Of(environment);
        Environment = environment;
        _engine = engine;
        _gateway = new GatewayService(folder, environment.Name, GatewayProgram.UsualFolders(), time);
        _web = new WebReleases(folder.WebRoot, time);
        _folder = folder;
        _time = time;

        // The CLI's own containers read the project's folder and nothing else.
        Functions = _engine.Kind != LocalStackEngine.SupabaseCli ? new LocalFunctions(environment, folder, FindGatewayAsync) : null;
    }

    public DeploymentEnvironment Environment { get; }

    public IPlaceFunctions? Functions { get; }

    public string Host => _engine.Host;

    public async Task<DatabaseAddress> GetDatabaseAsync(CancellationToken cancellationToken) =>
        await _engine.FindDatabaseAsync(cancellationToken).ConfigureAwait(false) ?? throw NotRunning("its database does not run");

    /// <summary>A reset that was killed left the ledger in a file, and a deployment recorded before it is back would begin another one.</summary>
    public async Task SettleAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        if (_engine.Kind != LocalStackEngine.SupabaseCli || !File.Exists(_folder.KeptLedgerFile))
        {
            return;
        }

        using FileLock turn = await FileLock.AcquireAsync(
            _folder.LockFile, $"it starts, stops or resets local stack '{Environment.Name}'", sink, _time, cancellationToken).ConfigureAwait(false);
        if (await _engine.FindDatabaseAsync(cancellationToken).ConfigureAwait(false) is { } database)
        {
            await ResetLedger.BringBackAsync(Environment, database, _time, sink, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<DatabaseAddress?> GetAdministrationAsync(CancellationToken cancellationToken) =>
        await _engine.FindAdministrationAsync(cancellationToken).ConfigureAwait(false) ?? throw NotRunning("its database does not run");

    public async Task<Uri?> GetWebUrlAsync(CancellationToken cancellationToken) =>
        GatewayClient.Url((await FindGatewayAsync(cancellationToken).ConfigureAwait(false)).Port);

    public async Task<string?> GetServedReleaseAsync(CancellationToken cancellationToken) =>
        await AskServedAsync(await FindGatewayAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    public async Task PublishWebAsync(Release release, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (release.Web is null)
        {
            await WithdrawWebAsync(sink, cancellationToken).ConfigureAwait(false);
            return;
        }

        GatewayState gateway = await FindGatewayAsync(cancellationToken).ConfigureAwait(false);
        sink.Publish(new Detail($"Copying the web bundle of release {release} ({release.Web.Files.Count} files) to '{Environment}'."));
        await _web.AddAsync(release, cancellationToken).ConfigureAwait(false);
        await _web.SwitchAsync(release.Id, cancellationToken).ConfigureAwait(false);
        await EnsureServedAsync(gateway, release.Id, cancellationToken).ConfigureAwait(false);
        _web.Prune(Environment.Web.KeepReleases);
    }

    public async Task WithdrawWebAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        if (_web.Current is null)
        {
            return;
        }

        GatewayState gateway = await FindGatewayAsync(cancellationToken).ConfigureAwait(false);
        sink.Publish(new Detail($"Serving no release at '{Environment}' any more."));
        _web.Withdraw();
        await EnsureServedAsync(gateway, expected: null, cancellationToken).ConfigureAwait(false);
    }

    public async Task<PlaceInspection> InspectAsync(Release release, CancellationToken cancellationToken)
    {
        DatabaseAddress? database = await _engine.FindDatabaseAsync(cancellationToken).ConfigureAwait(false);
        GatewayState? gateway = await _gateway.FindAsync(cancellationToken).ConfigureAwait(false);
        GatewayHealth? health = gateway is null ? null : await GatewayClient.GetHealthAsync(gateway.Port, cancellationToken).ConfigureAwait(false);
        var facts = new List<PlaceFact>
        {
            database is not null ? new("database", PlaceVerdict.Good, $"The database runs at {Host}.") : Stopped("database", "The database does not run."),
            health is not null ? new("gateway", PlaceVerdict.Good, $"The gateway answers at {GatewayClient.Url(gateway!.Port)}.") : Stopped("gateway", "The gateway does not run."),
        };
        if (Functions is not null && release.Functions.Count > 0 && health?.Services.Any(service => service.Name == LocalFunctions.ServiceName) == false)
        {
            facts.Add(new PlaceFact(
                "functions",
                PlaceVerdict.Doubtful,
                $"The release has {release.Functions.Count} functions, and the stack runs no service for them.",
                $"Install Deno (Install-LocalRuntime deno) and start the stack again: Stop-LocalStack {Environment}; Start-LocalStack {Environment}"));
        }

        return new PlaceInspection(facts, Directory.Exists(_folder.Root) ? new DriveInfo(_folder.Root).AvailableFreeSpace : null);
    }

    private PlaceFact Stopped(string name, string seen) => new(name, PlaceVerdict.Bad, seen, $"Run 'Start-LocalStack {Environment}'.");

    private async Task<GatewayState> FindGatewayAsync(CancellationToken cancellationToken) =>
        await _gateway.FindAsync(cancellationToken).ConfigureAwait(false) ?? throw NotRunning("its gateway does not run");

    private async Task<string?> AskServedAsync(GatewayState gateway, CancellationToken cancellationToken) =>
        await GatewayClient.GetHealthAsync(gateway.Port, cancellationToken).ConfigureAwait(false) is { } health
            ? health.Release
            : throw NotRunning("its gateway does not answer");

    /// <summary>The gateway reads the pointer anew for each request, so its first answer counts.</summary>
    private async Task EnsureServedAsync(GatewayState gateway, string? expected, CancellationToken cancellationToken)
    {
        string? served = await AskServedAsync(gateway, cancellationToken).ConfigureAwait(false);
        if (served != expected)
        {
            throw new DeployException(
                ErrorTable.WebSwitchFailed,
                $"Environment '{Environment}' serves release '{served ?? "none"}' after it was switched to '{expected ?? "none"}'.",
                "Publish the release again; if that does not help, stop and start the local stack first.",
                expected);
        }
    }

    private DeployException NotRunning(string why) => new(
        ErrorTable.LocalStackNotRunning,
        $"Environment '{Environment}' cannot be reached: {why}.",
        $"Run 'Start-LocalStack {Environment.Name}'.",
        Environment.Name);
}
