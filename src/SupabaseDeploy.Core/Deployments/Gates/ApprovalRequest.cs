namespace SupabaseDeploy.Deployments;

/// <summary>A publish that waits for people: who asked for it, and when.</summary>
/// <param name="ReleaseId">The release's id.</param>
/// <param name="By">Who asked.</param>
/// <param name="At">When, UTC.</param>
internal sealed record ApprovalRequest(string ReleaseId, string By, DateTimeOffset At)
{
    /// <summary>The requests that no deployment has answered yet, oldest first: the first one of a release is who asked for it.</summary>
    public static IReadOnlyList<ApprovalRequest> Open(StageRecord record) =>
    [
        .. record.Evidence
            .Where(fact => fact.Kind == Evidence.Request && fact.EnvironmentName == record.Name)
            .Where(fact => !record.Deployments.Any(deployment => deployment.Release?.Id == fact.ReleaseId && deployment.StartedAt > fact.RecordedAt))
            .Select(fact => new ApprovalRequest(fact.ReleaseId, EvidenceContent.Text(fact.Content, "by") ?? "", fact.RecordedAt))
            .DistinctBy(request => request.ReleaseId),
    ];
}
