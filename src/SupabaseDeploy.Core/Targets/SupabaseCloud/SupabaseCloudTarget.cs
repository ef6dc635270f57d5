using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>A project on Supabase's hosted platform. It is never made, paused or woken by a deployment.</summary>
internal sealed class SupabaseCloudTarget : IDeploymentTarget, IPlaceServices
{
    // A publish looks at the place many times; what the platform says of the project as a whole does not change that fast.
    private static readonly TimeSpan s_projectLife = TimeSpan.FromSeconds(30);

    private readonly Lazy<ManagementApi> _api;
    private readonly Lazy<CloudDatabase> _database;
    private readonly Lazy<CloudConfiguration> _configuration;
    private readonly Lazy<CloudFunctions> _functions;
    private readonly Lazy<IWebHost>? _host;
    private readonly TimeProvider _time;
    private CloudProject? _project;
    private bool? _hasRestorePoints;
    private DateTimeOffset _projectUntil;

    /// <summary>Asks nothing yet: a missing token is told when the platform is needed.</summary>
    public SupabaseCloudTarget(DeploymentEnvironment environment, TimeProvider time)
    {
        Environment = environment;
        _time = time;
        _api = new(() => new ManagementApi(new ApiConnection(ApiAccess.Of(environment), time), environment.ProjectReference!));
        _database = new(() => new CloudDatabase(environment, _api.Value, time));
        _configuration = new(() => new CloudConfiguration(environment, _api.Value, time));
        _functions = new(() => new CloudFunctions(_api.Value, new FunctionMemory(GetDatabaseAsync), time));
        _host = environment.Cloud.Hosting is { } hosting ? new(() => MakeHost(hosting)) : null;
    }

    public DeploymentEnvironment Environment { get; }

    public string Host => Environment.Database is { } database ? $"{database.Host}:{database.Port}" : $"{Environment.ProjectReference}.supabase.co";

    public IPlaceFunctions Functions => _functions.Value;

    public IPlaceConfiguration Configuration => _configuration.Value;

    /// <summary>Null once the platform has said that the project's plan has none; a backup has to do then.</summary>
    public IPlaceRestorePoints? RestorePoints => _hasRestorePoints == false ? null : new CloudRestorePoints(Environment, _api.Value, ReconnectAsync, _time);

    public IPlaceServices Services => this;

    /// <summary>The API of the project, for what has no place in the interface of all targets.</summary>
    public ManagementApi Api => _api.Value;

    public async Task<DatabaseAddress> GetDatabaseAsync(CancellationToken cancellationToken)
    {
        CloudProject project = await GetActiveProjectAsync(cancellationToken).ConfigureAwait(false);
        _hasRestorePoints ??= await CloudRestorePoints.AreThereAsync(_api.Value, cancellationToken).ConfigureAwait(false);
        return await _database.Value.FindAsync(project, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>None: the platform gives no role that may rename the project's database. Its own restore points and backups go back.</summary>
    public Task<DatabaseAddress?> GetAdministrationAsync(CancellationToken cancellationToken) => Task.FromResult<DatabaseAddress?>(null);

    public Task<Uri?> GetWebUrlAsync(CancellationToken cancellationToken) => Task.FromResult(_host?.Value.Site.Address);

    public async Task<string?> GetServedReleaseAsync(CancellationToken cancellationToken) =>
        _host is null ? null : (await _host.Value.Site.ReadMarkerAsync(cancellationToken).ConfigureAwait(false))?.Release;

    public async Task PublishWebAsync(Release release, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (_host is null || release.Web is null)
        {
            await WithdrawWebAsync(sink, cancellationToken).ConfigureAwait(false);
            return;
        }

        await _host.Value.PublishAsync(release, sink, cancellationToken).ConfigureAwait(false);
        await _host.Value.Site.VerifyAsync(release, sink, cancellationToken).ConfigureAwait(false);
    }

    public async Task WithdrawWebAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        if (_host is null)
        {
            return;
        }

        await _host.Value.WithdrawAsync(sink, cancellationToken).ConfigureAwait(false);
        await _host.Value.Site.VerifyNothingAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<PlaceInspection> InspectAsync(Release release, CancellationToken cancellationToken)
    {
        try
        {
            CloudProject project = await GetActiveProjectAsync(cancellationToken).ConfigureAwait(false);
            await _database.Value.FindAsync(project, cancellationToken).ConfigureAwait(false);
            return await new CloudInspection(Environment, _api.Value, _database.Value, _configuration.Value).InspectAsync(project, release, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e)
        {
            return new PlaceInspection([new PlaceFact("platform", PlaceVerdict.Bad, e.Message, e.Remedy)], null);
        }
    }

    public Task<IReadOnlyList<PlaceFact>> CheckAsync(CancellationToken cancellationToken) => new CloudServices(_api.Value).CheckAsync(cancellationToken);

    /// <summary>The project, when it is at work.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ProjectNotActive"/>.</exception>
    public async Task<CloudProject> GetActiveProjectAsync(CancellationToken cancellationToken)
    {
        if (_project is not { } known || _time.GetUtcNow() >= _projectUntil)
        {
            _project = known = await _api.Value.GetProjectAsync(cancellationToken).ConfigureAwait(false);
            _projectUntil = _time.GetUtcNow() + s_projectLife;
        }

        return ProjectStatus.Remedy(known.Status) is not { } remedy ? known : throw Forgetting(new DeployException(
            ErrorTable.ProjectNotActive,
            $"Environment '{Environment}' cannot be reached: its project '{known.Name}' is {known.Status}.",
            remedy,
            Environment.Name));
    }

    private DeployException Forgetting(DeployException failure)
    {
        _project = null; // Whoever waits for the project shall not wait for our memory of it.
        return failure;
    }

    private async Task ReconnectAsync(CancellationToken cancellationToken)
    {
        _project = null;
        _database.Value.Forget();
        await GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
    }

    private IWebHost MakeHost(HostingSettings hosting)
    {
        if (hosting.Bucket is not { } bucket)
        {
            return new CommandHost(Environment, hosting, new HostedSite(hosting.Url!, _time));
        }

        var storage = new StorageApi(StorageKeys.ProjectAddress(Environment), bucket, new StorageKeys(_api.Value).FindAsync, _time);
        return new BucketHost(storage, new HostedSite(hosting.Url ?? storage.PublicAddress, _time));
    }
}
