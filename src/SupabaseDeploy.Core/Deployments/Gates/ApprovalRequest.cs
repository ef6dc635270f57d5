namespace SupabaseDeploy.Deployments;

/// <summary>A publish that waits for people: who asked for it, and when.</summary>
/// <param name="ReleaseId">The release's id.</param>
/// <param name="By">Who asked.</param>
/// <param name="At">When, UTC.</param>
internal sealed record ApprovalRequest(string ReleaseId, string By, DateTimeOffset At)
{
    /// <summary>
    /// The requests that no deployment has answered yet, that who asked has not withdrawn by a denial, and that are not older than an
    /// approval would count, oldest first: the first one of a release is who asked for it.
    /// </summary>
    public static IReadOnlyList<ApprovalRequest> Open(StageRecord record, TimeSpan within, DateTimeOffset now) =>
    [
        .. record.Evidence
            .Where(fact => fact.Kind == Evidence.Request && fact.EnvironmentName == record.Name && now - fact.RecordedAt < within)
            .Where(fact => !record.Evidence.Any(later => later.Sequence > fact.Sequence && Withdraws(later, fact)))
            .Where(fact => !record.Deployments.Any(deployment => deployment.Release?.Id == fact.ReleaseId && Answers(deployment, fact, record)))
            .Select(fact => new ApprovalRequest(fact.ReleaseId, EvidenceContent.Text(fact.Content, "by") ?? "", fact.RecordedAt))
            .DistinctBy(request => request.ReleaseId),
    ];

    // By the ledger's own order where the deployment left something in the chain; else by two clocks, which differ by seconds.
    private static bool Answers(Deployment deployment, Evidence request, StageRecord record) =>
        deployment.StartedAt > request.RecordedAt || record.Evidence.Any(later => later.Sequence > request.Sequence && later.DeploymentId == deployment.Id);

    private static bool Withdraws(Evidence denial, Evidence request) =>
        denial is { Kind: Evidence.Approval, IsPassed: false } && denial.ReleaseId == request.ReleaseId && denial.EnvironmentName == request.EnvironmentName
        && string.Equals(EvidenceContent.Text(denial.Content, "by"), EvidenceContent.Text(request.Content, "by"), StringComparison.OrdinalIgnoreCase);
}
