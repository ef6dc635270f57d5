using System.Net;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Testing;

/// <summary>
/// A place made of a database and a folder: the folder's file <c>served</c> is the pointer, and a small web server answers from it. Its functions
/// and settings are files there too.
/// </summary>
public sealed class FolderTarget : IDeploymentTarget, IDisposable
{
    private readonly DatabaseAddress _database;
    private readonly string _pointer;
    private readonly FolderFunctions _functions;
    private readonly FolderConfiguration _configuration;
    private readonly HttpListener _server;
    private readonly Task _serving;

    public FolderTarget(DeploymentEnvironment environment, DatabaseAddress database)
    {
        Environment = environment;
        _database = database;
        string folder = environment.Project.EnvironmentFolder(environment.Name);
        _pointer = Path.Combine(folder, "served");
        _functions = new FolderFunctions(folder, Check);
        _configuration = new FolderConfiguration(environment, folder, Check);
        Directory.CreateDirectory(folder);
        (_server, Url) = Listen();
        _serving = ServeAsync();
    }

    public DeploymentEnvironment Environment { get; }

    public Uri Url { get; }

    /// <summary>Throws when the place is to fail; asked before anything of it is read or changed. Null to work.</summary>
    public Action? Fault { get; set; }

    public IPlaceFunctions? Functions => _functions;

    public IPlaceConfiguration? Configuration => _configuration;

    public string Host => $"{_database.Host}:{_database.Port}";

    public Task<DatabaseAddress> GetDatabaseAsync(CancellationToken cancellationToken) => Task.FromResult(_database);

    public Task<DatabaseAddress?> GetAdministrationAsync(CancellationToken cancellationToken) => Task.FromResult<DatabaseAddress?>(null);

    public Task<Uri?> GetWebUrlAsync(CancellationToken cancellationToken) => Task.FromResult<Uri?>(Url);

    public Task<string?> GetServedReleaseAsync(CancellationToken cancellationToken)
    {
        Check();
        return Task.FromResult(Served());
    }

    public async Task PublishWebAsync(Release release, IProgressSink sink, CancellationToken cancellationToken)
    {
        Check();
        sink.Publish(new Detail("web: copied"));
        Check();
        await AtomicFile.WriteAllTextAsync(_pointer, release.Id, cancellationToken: cancellationToken);
        sink.Publish(new Detail("web: switched"));
    }

    public Task WithdrawWebAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        Check();
        File.Delete(_pointer);
        sink.Publish(new Detail("web: withdrawn"));
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _server.Close();
        _serving.GetAwaiter().GetResult();
    }

    private void Check() => Fault?.Invoke();

    private string? Served() => File.Exists(_pointer) ? File.ReadAllText(_pointer) : null;

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _server.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            string? served = Served();
            string? page = served is null ? null : Path.Combine(Environment.Project.ReleasesFolder, served, "web", "index.html");
            context.Response.StatusCode = page is null ? 404 : 200;
            byte[] body = page is null ? [] : await File.ReadAllBytesAsync(page);
            try
            {
                context.Response.Close(body, willBlock: false);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // Whoever asked has gone, or this server is being closed: the next turn tells which.
            }
        }
    }

    private static (HttpListener Server, Uri Url) Listen()
    {
        while (true)
        {
            var url = new Uri($"http://127.0.0.1:{Random.Shared.Next(20000, 32000)}/");
            var server = new HttpListener { Prefixes = { url.ToString() } };
            try
            {
                server.Start();
                return (server, url);
            }
            catch (HttpListenerException)
            {
                server.Close(); // The port is taken.
            }
        }
    }
}

/// <summary>The targets of one test, by the environment's name.</summary>
public sealed class FolderTargets(params IReadOnlyList<FolderTarget> targets) : IDeploymentTargets, IDisposable
{
    public IDeploymentTarget For(DeploymentEnvironment environment) => targets.Single(target => target.Environment.Name == environment.Name);

    public void Dispose()
    {
        foreach (FolderTarget target in targets)
        {
            target.Dispose();
        }
    }
}
