using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>The release ran on the stage before for some time without a break. No I/O.</summary>
internal static class SoakGate
{
    public static Gate Check(TimeSpan soak, Release release, StageRecord before, DateTimeOffset now)
    {
        var gate = new Gate($"soak of {Duration.Format(soak)} on {before.Name}", false, "", null) { Kind = GateKind.Soak };
        if (before.Unreadable is { } why)
        {
            return gate with { Message = why.Message, Remedy = why.Remedy };
        }

        (TimeSpan longest, DateTimeOffset? since) = Runs(release, before, now);
        if (longest >= soak)
        {
            return gate with { IsPassed = true, Message = $"It ran there for {Duration.Format(Whole(longest))}." };
        }

        return since is { } began
            ? gate with { IsPending = true, Message = $"It runs there since {began:yyyy-MM-dd HH:mm:ss}Z, until {began + soak:yyyy-MM-dd HH:mm:ss}Z at least.", Remedy = $"Wait {Duration.Format(Whole(began + soak - now) + TimeSpan.FromSeconds(1))}." }
            : gate with { Message = longest == TimeSpan.Zero ? "It does not run there." : $"It ran there for {Duration.Format(Whole(longest))}, and does not any more.", Remedy = $"Publish it there: Publish-Environment {before.Name} -Release {release}" };
    }

    /// <summary>The longest time the release ran without a break, and since when it runs now; null when it does not.</summary>
    private static (TimeSpan Longest, DateTimeOffset? Since) Runs(Release release, StageRecord before, DateTimeOffset now)
    {
        TimeSpan longest = TimeSpan.Zero;
        DateTimeOffset? since = null;
        foreach (Deployment deployment in before.Deployments.Where(Changes))
        {
            // A deployment of another release, and one that was not settled, ends it when it begins.
            bool isOfRelease = deployment is { Status: DeploymentStatus.Succeeded } && deployment.Release?.Id == release.Id && before.WasHealthy(deployment);
            longest = Max(longest, deployment.StartedAt - since);
            since = isOfRelease ? since ?? deployment.FinishedAt : null;
        }

        return (Max(longest, now - since), since);
    }

    // What was rolled back left the release running: a short break is told by its health, not here.
    private static bool Changes(Deployment deployment) =>
        deployment.Status is not (DeploymentStatus.RolledBack or DeploymentStatus.Pending) && (deployment.Changed || deployment.Status == DeploymentStatus.Succeeded);

    private static TimeSpan Max(TimeSpan one, TimeSpan? other) => other > one ? other.Value : one;

    private static TimeSpan Whole(TimeSpan span) => TimeSpan.FromSeconds(Math.Floor(span.TotalSeconds));
}
