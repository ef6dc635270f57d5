using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>Gates that ask for evidence. No I/O.</summary>
internal static class EvidenceGates
{
    /// <summary>The release was healthy on the stage before.</summary>
    public static Gate Healthy(StageRecord before, Release release, RequiredEvidence? required, DateTimeOffset now)
    {
        var gate = new Gate($"{Evidence.Healthy} on {before.Name}", false, "", null) { Kind = GateKind.Promotion };
        if (before.Unreadable is { } why)
        {
            return gate with { Message = why.Message, Remedy = why.Remedy };
        }

        string publish = $"Publish it there first: Publish-Environment {before.Name} -Release {release}";
        return Judge(gate, before.Last(Evidence.Healthy, release.Id), required?.MaxAge, $"Release {release} has no evidence '{Evidence.Healthy}' there.", publish, now);
    }

    /// <summary>The release has evidence of a kind, on the stage before or on the environment itself.</summary>
    public static Gate Has(RequiredEvidence required, Release release, StageRecord? before, StageRecord own, bool hasPending, DateTimeOffset now)
    {
        if (hasPending && before is not null)
        {
            before = before with { Evidence = [.. before.Evidence.Where(fact => !IsOfNothing(fact))] };
        }

        var gate = new Gate($"{required.Kind} on {(before is null ? own.Name : $"{before.Name} or {own.Name}")}", false, "", null) { Kind = GateKind.Evidence };
        StageRecord[] places = before is null ? [own] : [before, own];
        Evidence? last = places.Select(place => place.Last(required.Kind, release.Id)).OfType<Evidence>().MaxBy(fact => fact.RecordedAt);
        if (last is null && Array.Find(places, place => place.Unreadable is not null)?.Unreadable is { } why)
        {
            return gate with { Message = why.Message, Remedy = why.Remedy };
        }

        return Judge(gate, last, required.MaxAge, $"Release {release} has no evidence '{required.Kind}' there.", Command(required.Kind, release, required.Kind == Evidence.Rehearsal ? own.Name : before?.Name ?? own.Name), now);
    }

    /// <summary>A rehearsal on a stage that has all the migrations already ran none of them, and says nothing of where they are still to run.</summary>
    private static bool IsOfNothing(Evidence fact) =>
        fact.Kind == Evidence.Rehearsal && fact.IsPassed && EvidenceContent.Parse(fact.Content)?["migrations"] is { } count && count.ToJsonString() == "0";

    /// <summary>A backup of the environment was restored and verified not long ago, of whatever release.</summary>
    public static Gate Drill(TimeSpan within, StageRecord own, DateTimeOffset now)
    {
        var gate = new Gate($"drill of {own.Name} within {Duration.Format(within)}", false, "", null) { Kind = GateKind.Drill };
        string drill = $"Prove a backup: Get-DeploymentBackup {own.Name} -Latest | Test-DeploymentBackup";
        if (own.Unreadable is { } why)
        {
            return gate with { Message = why.Message, Remedy = why.Remedy };
        }

        Evidence? last = own.Evidence.LastOrDefault(fact => fact.Kind == Evidence.Drill && fact.EnvironmentName == own.Name);
        return Judge(gate, last, within, "No drill of its backups is recorded.", drill, now);
    }

    private static Gate Judge(Gate gate, Evidence? last, TimeSpan? maximumAge, string missing, string remedy, DateTimeOffset now) => last switch
    {
        null => gate with { Message = missing, Remedy = remedy },
        { IsPassed: false } => gate with { Message = $"The last one, of {Moment(last)} on {last.EnvironmentName}, speaks against it: {last.Summary}", Remedy = remedy },
        _ when now - last.RecordedAt > maximumAge => gate with
        {
            Message = $"The last one, of {Moment(last)}, is {Duration.Format(Whole(now - last.RecordedAt))} old; at most {Duration.Format(maximumAge.Value)} is asked for.",
            Remedy = remedy,
        },
        _ => gate with { IsPassed = true, Message = $"Recorded {Moment(last)}{(gate.Name.Contains(" or ", StringComparison.Ordinal) ? $" on {last.EnvironmentName}" : "")}." },
    };

    private static string Command(string kind, Release release, string stage) => kind switch
    {
        Evidence.Tests => $"Run them: Test-Release {release} -Environment {stage} -Check flutter",
        Evidence.Rehearsal => $"Rehearse it: Test-Release {release} -Environment {stage} -Check rehearsal",
        Evidence.Functions => $"Check them: Test-Release {release} -Environment {stage} -Check functions",
        _ => $"Prove a backup of it: Get-DeploymentBackup {stage} -Latest | Test-DeploymentBackup",
    };

    private static string Moment(Evidence fact) => $"{fact.RecordedAt:yyyy-MM-dd HH:mm:ss}Z";

    private static TimeSpan Whole(TimeSpan age) => TimeSpan.FromSeconds(Math.Floor(age.TotalSeconds));
}
