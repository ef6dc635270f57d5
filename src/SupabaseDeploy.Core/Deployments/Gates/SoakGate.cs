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

        (TimeSpan longest, DateTimeOffset? since, Evidence? against) = Runs(release, before, now);
        if (longest >= soak)
        {
            return gate with { IsPassed = true, Message = $"It ran there for {Duration.Format(Whole(longest))}." };
        }

        if (since is { } began)
        {
            return gate with
            {
                IsPending = true,
                Message = $"It runs there since {began:yyyy-MM-dd HH:mm:ss}Z, until {began + soak:yyyy-MM-dd HH:mm:ss}Z at least.",
                Remedy = $"Wait {Duration.Format(Whole(began + soak - now) + TimeSpan.FromSeconds(1))}.",
            };
        }

        string message = against is not null ? $"It was not healthy there at {against.RecordedAt:yyyy-MM-dd HH:mm:ss}Z: {against.Summary}"
            : before.Runs(release) ? "It runs there, and was not found healthy."
            : longest == TimeSpan.Zero ? "It does not run there."
            : $"It ran there for {Duration.Format(Whole(longest))}, and does not any more.";
        return gate with
        {
            Message = message,
            Remedy = before.Runs(release) ? EvidenceGates.Measure(before) : $"Publish it there: Publish-Environment {before.Name} -Release {release}",
        };
    }

    /// <summary>
    /// The longest time the release ran without a break since it was last found not healthy, and since when it runs now; null when it does not, or is
    /// not healthy, as the evidence says.
    /// </summary>
    private static (TimeSpan Longest, DateTimeOffset? Since, Evidence? Against) Runs(Release release, StageRecord before, DateTimeOffset now)
    {
        TimeSpan longest = TimeSpan.Zero;
        DateTimeOffset? since = null;
        Evidence? against = null;
        foreach ((DateTimeOffset at, Evidence? fact) in History(release, before))
        {
            if (fact is { IsPassed: true })
            {
                since ??= at;
                against = null;
                continue;
            }

            longest = fact is null ? Max(longest, at - since) : TimeSpan.Zero;
            since = null;
            against = fact;
        }

        return (Max(longest, now - since), since, against);
    }

    /// <summary>What was found of the release, and, without a fact, when a deployment began that ended its run: of another release, or one that was not settled or not healthy.</summary>
    private static IEnumerable<(DateTimeOffset At, Evidence? Fact)> History(Release release, StageRecord before) => before.Deployments
        .Where(Changes)
        .Where(deployment => !(deployment.Status == DeploymentStatus.Succeeded && deployment.Release?.Id == release.Id && before.WasHealthy(deployment)))
        .Select(deployment => (deployment.StartedAt, (Evidence?)null))
        .Concat(before.Healths(release.Id).Select(fact => (fact.RecordedAt, (Evidence?)fact)))
        .OrderBy(each => each.Item1);

    // What was rolled back left the release running: a short break is told by its health, not here.
    private static bool Changes(Deployment deployment) =>
        deployment.Status is not (DeploymentStatus.RolledBack or DeploymentStatus.Pending) && (deployment.Changed || deployment.Status == DeploymentStatus.Succeeded);

    private static TimeSpan Max(TimeSpan one, TimeSpan? other) => other > one ? other.Value : one;

    private static TimeSpan Whole(TimeSpan span) => TimeSpan.FromSeconds(Math.Floor(span.TotalSeconds));
}
