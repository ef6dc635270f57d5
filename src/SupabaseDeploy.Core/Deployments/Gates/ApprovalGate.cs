using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Deployments;

/// <summary>Enough people other than the requester said yes to this release here, not too long ago, and nobody says no. No I/O.</summary>
internal static class ApprovalGate
{
    public static Gate Check(GateSettings settings, DeploymentEnvironment environment, string releaseId, StageRecord own, string asking, DateTimeOffset now)
    {
        var gate = new Gate($"{settings.Approvals} approval{(settings.Approvals == 1 ? "" : "s")}", false, "", null) { Kind = GateKind.Approvals };
        if (own.Unreadable is { } why)
        {
            return gate with { Message = why.Message, Remedy = why.Remedy };
        }

        string requester = Requester(own, settings, releaseId, now) ?? asking;
        Approval[] decisions = [.. Decisions(environment, own, releaseId)];
        // What the requester denied is what they withdrew; they ask for it again.
        if (Array.Find(decisions, decision => !decision.IsApproved && !IsBy(decision, requester)) is { } denial)
        {
            return gate with
            {
                Message = $"Denied by {denial.By} ({denial.Source}) at {denial.DecidedAt:yyyy-MM-dd HH:mm:ss}Z{(denial.Reason is null ? "" : $": {denial.Reason}")}.",
                Remedy = $"Answer {denial.By}, who can then run: Approve-Deployment {environment} -Release {releaseId[..12]}",
            };
        }

        Approval[] valid = [.. decisions.Where(decision => Counts(decision, requester, now))];
        string names = valid.Length == 0 ? "nobody yet" : string.Join(", ", valid.Select(decision => $"{decision.By} ({decision.Source}, until {decision.ExpiresAt:yyyy-MM-dd HH:mm}Z)"));
        string message = $"Asked for by {requester}; approved by {names}.";
        return valid.Length >= settings.Approvals
            ? gate with { IsPassed = true, Message = message }
            : gate with { IsPending = true, Message = message + Ignored(decisions, valid, requester), Remedy = $"Ask somebody other than {requester} to run: Approve-Deployment {environment} -Release {releaseId[..12]}" };
    }

    /// <summary>Who asked for the release here; null when nobody has.</summary>
    public static string? Requester(StageRecord own, GateSettings settings, string releaseId, DateTimeOffset now) =>
        ApprovalRequest.Open(own, settings.ApprovalsWithin, now).FirstOrDefault(request => request.ReleaseId == releaseId)?.By;

    /// <summary>The last word of each person.</summary>
    private static IEnumerable<Approval> Decisions(DeploymentEnvironment environment, StageRecord own, string releaseId) =>
        own.Evidence
            .Where(fact => fact.Kind == Evidence.Approval && fact.ReleaseId == releaseId && fact.EnvironmentName == own.Name)
            .Select(fact => Approval.Of(fact, environment))
            .GroupBy(decision => decision.By, StringComparer.OrdinalIgnoreCase)
            .Select(person => person.Last());

    private static bool Counts(Approval decision, string requester, DateTimeOffset now) =>
        decision.IsApproved && decision.ExpiresAt > now && !IsBy(decision, requester);

    private static bool IsBy(Approval decision, string person) => string.Equals(decision.By, person, StringComparison.OrdinalIgnoreCase);

    private static string Ignored(Approval[] decisions, Approval[] valid, string requester)
    {
        string[] others = [.. decisions.Except(valid).Where(decision => decision.IsApproved).Select(decision =>
            IsBy(decision, requester) ? $"{decision.By} asked for it" : $"that of {decision.By} expired {decision.ExpiresAt:yyyy-MM-dd HH:mm}Z")];
        return others.Length == 0 ? "" : $" Not counted: {string.Join(", ", others)}.";
    }
}
