using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Switches the web root, and verifies what it serves.</summary>
internal sealed class WebStep(IDeploymentTarget target, DeploymentLock held, IProgressSink sink)
{
    /// <summary>Lets the web root serve <paramref name="release"/>, or nothing when it is null or has no bundle.</summary>
    public async Task<StepOutcome> ServeAsync(Release? release, CancellationToken cancellationToken)
    {
        if (await target.GetWebUrlAsync(cancellationToken).ConfigureAwait(false) is null)
        {
            return new StepOutcome("There is no web root here.");
        }

        string? wanted = release?.Web is null ? null : release.Id;
        string? before = await target.GetServedReleaseAsync(cancellationToken).ConfigureAwait(false);
        if (before == wanted)
        {
            return new StepOutcome(wanted is null ? "No release is served, as it should be." : $"Release {release} is served already.");
        }

        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        await (wanted is null ? target.WithdrawWebAsync(sink, cancellationToken) : target.PublishWebAsync(release!, sink, cancellationToken)).ConfigureAwait(false);
        string? served = await target.GetServedReleaseAsync(cancellationToken).ConfigureAwait(false);
        return served == wanted
            ? new StepOutcome(wanted is null ? "No release is served any more." : $"Release {release} is served.", true)
            : throw StepOutcome.NotVerified(target.Environment, StepName.Web, $"the web root serves {(served is null ? "nothing" : $"release {Words.Short(served)}")}");
    }
}
