using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.KilledProcess;

/// <summary>A place that is a database and nothing else.</summary>
internal sealed class OneDatabase(DatabaseAddress application, DatabaseAddress administration) : IDeploymentTargets
{
    public IDeploymentTarget For(DeploymentEnvironment environment) => new Target(environment, application, administration);

    private sealed class Target(DeploymentEnvironment environment, DatabaseAddress application, DatabaseAddress administration) : IDeploymentTarget
    {
        public DeploymentEnvironment Environment => environment;

        public string Host => $"{application.Host}:{application.Port}";

        public Task<DatabaseAddress> GetDatabaseAsync(CancellationToken cancellationToken) => Task.FromResult(application);

        public Task<DatabaseAddress?> GetAdministrationAsync(CancellationToken cancellationToken) => Task.FromResult<DatabaseAddress?>(administration);

        public Task<Uri?> GetWebUrlAsync(CancellationToken cancellationToken) => Task.FromResult<Uri?>(null);

        public Task<string?> GetServedReleaseAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

        public Task PublishWebAsync(Release release, IProgressSink sink, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WithdrawWebAsync(IProgressSink sink, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
