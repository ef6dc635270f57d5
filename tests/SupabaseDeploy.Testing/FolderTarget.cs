using System.Net;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Testing;

/// <summary>A place made of a database and a folder: the folder's file <c>served</c> is the pointer, and a small web server answers from it.</summary>
public sealed class FolderTarget : IDeploymentTarget, IDisposable
{
    private readonly DatabaseAddress _database;
    private readonly string _pointer;
    private readonly HttpListener _server;
    private readonly Task _serving;

    public FolderTarget(DeploymentEnvironment environment, DatabaseAddress database)
    {
        Environment = environment;
        _database = database;
        _pointer = Path.Combine(environment.Project.EnvironmentFolder(environment.Name), "served");
        Directory.CreateDirectory(Path.GetDirectoryName(_pointer)!);
        (_server, Url) = Listen();
        _serving = ServeAsync();
    }

    public DeploymentEnvironment Environment { get; }

    public Uri Url { get; }

    public string Host => $"{_database.Host}:{_database.Port}";

    public Task<DatabaseAddress> GetDatabaseAsync(CancellationToken cancellationToken) => Task.FromResult(_database);

    public Task<DatabaseAddress?> GetAdministrationAsync(CancellationToken cancellationToken) => Task.FromResult<DatabaseAddress?>(null);

    public Task<Uri?> GetWebUrlAsync(CancellationToken cancellationToken) => Task.FromResult<Uri?>(Url);

    public Task<string?> GetServedReleaseAsync(CancellationToken cancellationToken) =>
        Task.FromResult(File.Exists(_pointer) ? File.ReadAllText(_pointer) : null);

    public Task PublishWebAsync(Release release, IProgressSink sink, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(_pointer, release.Id, cancellationToken: cancellationToken);

    public Task WithdrawWebAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        File.Delete(_pointer);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _server.Close();
        _serving.GetAwaiter().GetResult();
    }

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

            string? served = await GetServedReleaseAsync(CancellationToken.None);
            string? page = served is null ? null : Path.Combine(Environment.Project.ReleasesFolder, served, "web", "index.html");
            context.Response.StatusCode = page is null ? 404 : 200;
            context.Response.Close(page is null ? [] : await File.ReadAllBytesAsync(page), willBlock: false);
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
