using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Brings to this machine what going back needs of other releases: a fresh CI runner has only the release that it publishes, and a way back
/// that is looked for after the failure may not be there.
/// </summary>
internal static class WayBackFiles
{
    /// <summary>The web bundle of the release that runs now, before it is replaced.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseStoreUnavailable"/>: it may be there, and nothing was changed yet.</exception>
    public static async Task EnsureBundleAsync(DeploymentPlan plan, IProgressSink sink, CancellationToken cancellationToken)
    {
        bool isReplaced = plan.Steps.Any(step => step is { Name: StepName.Web, Changes: true });
        if (!isReplaced || plan.PreviousRelease is not { Web: not null } previous || Directory.Exists(previous.Path))
        {
            return;
        }

        ProjectReleases releases = ProjectReleases.Open(plan.Environment.Project);
        try
        {
            await releases.FetchAsync(previous, sink, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code != ErrorTable.ReleaseStoreUnavailable)
        {
            sink.Publish(new Caution($"If this fails, '{plan.Environment}' cannot go back to release {previous} by itself: {e.Message} {e.Remedy}"));
        }
    }

    /// <summary>The down scripts of applied migrations that are not <paramref name="release"/>'s, as far as the store has them.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseStoreUnavailable"/>.</exception>
    public static async Task FetchDownScriptsAsync(
        DeploymentEnvironment environment, Release release, ObservedState observed, IProgressSink sink, CancellationToken cancellationToken)
    {
        var copies = new AppliedCopies(observed);
        foreach (string version in observed.History.Where(version => MayBeUndone(version, release, observed, copies)))
        {
            IEnumerable<Release> absent = copies.DownScriptSource(version) is null ? copies.AbsentDownScriptSources(version) : [];
            foreach (Release source in absent)
            {
                if (await TryFetchAsync(environment, version, source, sink, cancellationToken).ConfigureAwait(false))
                {
                    break;
                }
            }
        }
    }

    private static async Task<bool> TryFetchAsync(
        DeploymentEnvironment environment, string version, Release source, IProgressSink sink, CancellationToken cancellationToken)
    {
        ProjectReleases releases = ProjectReleases.Open(environment.Project);
        try
        {
            await releases.FetchAsync(source, sink, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DeployException e) when (e.Code == ErrorTable.ReleaseNotFound)
        {
            sink.Publish(new Detail($"Release {source} with the down script of migration {version} is not to be had: {e.Message}"));
            return false;
        }
        catch (DeployException e) when (e.Code != ErrorTable.ReleaseStoreUnavailable)
        {
            sink.Publish(new Caution($"Release {source} with the down script of migration {version} cannot be used: {e.Message} {e.Remedy}"));
            return false;
        }
    }

    private static bool MayBeUndone(string version, Release release, ObservedState observed, AppliedCopies copies) =>
        observed.Unsettled?.Plan.Brings.Contains(version) == true
        || copies.Sha256(version) is not { } sha256
        || release.Migrations.All(migration => (migration.Version, migration.Sha256) != (version, sha256));
}
