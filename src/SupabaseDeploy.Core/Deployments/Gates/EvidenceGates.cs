using System.Text.Json.Nodes;
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

        string remedy = before.Runs(release) ? Measure(before) : $"Publish it there first: Publish-Environment {before.Name} -Release {release}";
        return Judge(gate, before.Last(Evidence.Healthy, release.Id), required?.MaxAge, $"Release {release} has no evidence '{Evidence.Healthy}' there.", remedy, now);
    }

    /// <summary>What records how a release is on the stage that runs it.</summary>
    public static string Measure(StageRecord stage) => $"Measure it there: Test-DeploymentHealth {stage.Name} -Record";

    /// <summary>The release has evidence of a kind, on the stage before or on the environment itself.</summary>
    public static Gate Has(RequiredEvidence required, Release release, StageRecord? before, StageRecord own, IReadOnlyList<string> pending, DateTimeOffset now)
    {
        var gate = new Gate($"{required.Kind} on {(before is null ? own.Name : $"{before.Name} or {own.Name}")}", false, "", null) { Kind = GateKind.Evidence };
        StageRecord[] places = before is null ? [own] : [before, own];
        Evidence? last = places.Select(place => place.Last(required.Kind, release.Id)).OfType<Evidence>().MaxBy(fact => Covers(fact, pending) ? fact.RecordedAt : DateTimeOffset.MinValue);
        if (last is null && Array.Find(places, place => place.Unreadable is not null)?.Unreadable is { } why)
        {
            return gate with { Message = why.Message, Remedy = why.Remedy };
        }

        string remedy = Command(required.Kind, release, required.Kind == Evidence.Rehearsal ? own.Name : before?.Name ?? own.Name);
        return last is not null && !Covers(last, pending)
            ? gate with { Message = $"The last one, of {Moment(last)} on {last.EnvironmentName}, did not run all that is still to run here: {Words.Migrations(pending)}.", Remedy = remedy }
            : Judge(gate, last, required.MaxAge, $"Release {release} has no evidence '{required.Kind}' there.", remedy, now);
    }

    /// <summary>
    /// False of a rehearsal on a stage that has some of the migrations already: it ran only the others, and says nothing of where more are still to run.
    /// One from before versions were recorded says how many it ran.
    /// </summary>
    private static bool Covers(Evidence fact, IReadOnlyList<string> pending)
    {
        if (fact is not { Kind: Evidence.Rehearsal, IsPassed: true } || EvidenceContent.Parse(fact.Content) is not { } figures)
        {
            return true;
        }

        return figures["versions"] is JsonArray versions ? !pending.Except(versions.Select(version => $"{version}")).Any()
            : figures["migrations"] is not JsonValue count || !count.TryGetValue(out int ran) || ran >= pending.Count;
    }

    /// <summary>
    /// A backup of the environment was restored and verified not long ago, of whatever release, and was not older then than the drill may be now: that
    /// an old one can be restored proves nothing of those that are taken.
    /// </summary>
    public static Gate Drill(TimeSpan within, StageRecord own, DateTimeOffset now)
    {
        var gate = new Gate($"drill of {own.Name} within {Duration.Format(within)}", false, "", null) { Kind = GateKind.Drill };
        string drill = $"Prove a backup: Get-DeploymentBackup {own.Name} -Latest | Test-DeploymentBackup";
        if (own.Unreadable is { } why)
        {
            return gate with { Message = why.Message, Remedy = why.Remedy };
        }

        Evidence[] drills = [.. own.Evidence.Where(fact => fact.Kind == Evidence.Drill && fact.EnvironmentName == own.Name)];
        Evidence? last = Array.FindLast(drills, fact => !fact.IsPassed || AgeOfBackup(fact) is not { } age || age <= within);
        return last is null && drills is [.., var ofOld]
            ? gate with { Message = $"The last one, of {Moment(ofOld)}, was of a backup that was {Duration.Format(Whole(AgeOfBackup(ofOld)!.Value))} old then; at most {Duration.Format(within)} is asked for.", Remedy = drill }
            : Judge(gate, last, within, "No drill of its backups is recorded.", drill, now);
    }

    private static TimeSpan? AgeOfBackup(Evidence drill) =>
        EvidenceContent.Parse(drill.Content)?["rpoSeconds"] is JsonValue figure && figure.TryGetValue(out double seconds) ? TimeSpan.FromSeconds(seconds) : null;

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
