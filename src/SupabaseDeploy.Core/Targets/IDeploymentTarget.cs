using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets;

/// <summary>
/// What a kind of place can do. Each call checks before it acts and may be repeated after a crash.
/// Implemented once per <see cref="TargetKind"/>; the other rooms only know this interface.
/// </summary>
public interface IDeploymentTarget
{
    /// <summary>The environment this target object serves.</summary>
    DeploymentEnvironment Environment { get; }

    /// <summary>Host shown in questions: <c>127.0.0.1:54322</c>.</summary>
    string Host { get; }

    /// <summary>The application's database as the migrating role.</summary>
    /// <exception cref="Errors.DeployException">The environment is not running or not configured; the remedy says how to start it.</exception>
    Task<DatabaseAddress> GetDatabaseAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The same database as a role that may dump, restore, create and rename databases; null where the place gives no such role
    /// (then restores by switching databases are impossible there).
    /// </summary>
    Task<DatabaseAddress?> GetAdministrationAsync(CancellationToken cancellationToken);

    /// <summary>Ends what a killed command left half done at the place, before anything is planned for it. Waits for one that still runs.</summary>
    Task SettleAsync(IProgressSink sink, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Base URL of the web root and gateway; null where there is none.</summary>
    Task<Uri?> GetWebUrlAsync(CancellationToken cancellationToken);

    /// <summary>Release id that the web root serves now, asked of the running web server; null when it serves none.</summary>
    Task<string?> GetServedReleaseAsync(CancellationToken cancellationToken);

    /// <summary>Copies the release's web bundle next to the served one, verifies its digest and switches atomically. Idempotent.</summary>
    Task PublishWebAsync(Release release, IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>
    /// Serves no release any more: how a first publish is undone, and how a release without a web bundle is published. Idempotent.
    /// </summary>
    Task WithdrawWebAsync(IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>The edge functions of the place; null where it runs none.</summary>
    IPlaceFunctions? Functions => null;

    /// <summary>The settings of the place's services; null where a deployment cannot change them.</summary>
    IPlaceConfiguration? Configuration => null;

    /// <summary>The platform's own points in time that its database can go back to; null where there are none.</summary>
    IPlaceRestorePoints? RestorePoints => null;

    /// <summary>The services of the place, as it reports on them itself; null where it does not.</summary>
    IPlaceServices? Services => null;

    /// <summary>
    /// Looks at everything of the place itself that has to be right before a deployment changes anything. What is wrong is a fact, not an
    /// exception. Migrations, drift and the release's own files are looked at by the deployment, at every place alike.
    /// </summary>
    /// <param name="release">The release that is to come here.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<PlaceInspection> InspectAsync(Release release, CancellationToken cancellationToken) => Task.FromResult(PlaceInspection.Empty);
}

/// <summary>Gives the target of an environment.</summary>
public interface IDeploymentTargets
{
    /// <summary>The target object for <paramref name="environment"/>.</summary>
    IDeploymentTarget For(DeploymentEnvironment environment);
}
