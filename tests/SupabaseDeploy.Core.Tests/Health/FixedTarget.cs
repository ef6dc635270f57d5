using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Core.Tests.Health;

/// <summary>A place whose answers are given by the test.</summary>
internal sealed class FixedTarget : IDeploymentTarget, IDeploymentTargets
{
    public DeploymentEnvironment Environment { get; private set; } = null!;

    public string Host => "127.0.0.1";

    public Func<DatabaseAddress> Database { get; init; } = () => new DatabaseAddress { Host = "127.0.0.1", Port = 1, Database = "courses", User = "postgres" };

    public Uri? WebUrl { get; init; }

    public Func<string?> ServedRelease { get; init; } = () => null;

    public IDeploymentTarget For(DeploymentEnvironment environment)
    {
        Environment = environment;
        return this;
    }

    public Task<DatabaseAddress> GetDatabaseAsync(CancellationToken cancellationToken) => Task.FromResult(Database());

    public Task<DatabaseAddress?> GetAdministrationAsync(CancellationToken cancellationToken) => Task.FromResult<DatabaseAddress?>(null);

    public Task<Uri?> GetWebUrlAsync(CancellationToken cancellationToken) => Task.FromResult(WebUrl);

    public Task<string?> GetServedReleaseAsync(CancellationToken cancellationToken) => Task.FromResult(ServedRelease());

    public Task PublishWebAsync(Release release, IProgressSink sink, CancellationToken cancellationToken) => throw new InvalidOperationException("A health check publishes nothing.");

    public Task WithdrawWebAsync(IProgressSink sink, CancellationToken cancellationToken) => throw new InvalidOperationException("A health check withdraws nothing.");
}
