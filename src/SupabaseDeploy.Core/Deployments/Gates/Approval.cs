using System.Globalization;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Deployments;

/// <summary>What a person said to publishing one release to one environment, as the ledger keeps it.</summary>
public sealed record Approval : IEnvironmentResult
{
    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The release's id: nothing else is approved.</summary>
    public required string ReleaseId { get; init; }

    /// <summary>True for a yes.</summary>
    public required bool IsApproved { get; init; }

    /// <summary>Who.</summary>
    public required string By { get; init; }

    /// <summary>Who says that it is them: a CI system's variable, or the machine whose user they are.</summary>
    public required string Source { get; init; }

    /// <summary>Who asked for it; null when nobody has yet.</summary>
    public string? Requester { get; init; }

    /// <summary>Why; null for no remark.</summary>
    public string? Reason { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>Until when it counts, UTC; a denial counts until the same person approves.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What is still missing, in a sentence.</summary>
    public string Message { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() => $"{(IsApproved ? "Approved" : "Denied")} by {By}{(Reason is null ? "" : $": {Reason}")}";

    internal static Approval Of(Evidence fact, DeploymentEnvironment environment) => new()
    {
        Environment = environment,
        ReleaseId = fact.ReleaseId,
        IsApproved = fact.IsPassed,
        By = EvidenceContent.Text(fact.Content, "by") ?? "",
        Source = EvidenceContent.Text(fact.Content, "source") ?? "",
        Reason = EvidenceContent.Text(fact.Content, "reason"),
        DecidedAt = fact.RecordedAt,
        ExpiresAt = fact.IsPassed ? Expiry(fact) ?? fact.RecordedAt + environment.Gates.ApprovalsWithin : null,
    };

    /// <summary>Until when it was given: a setting that is changed later does not make it count longer or shorter.</summary>
    private static DateTimeOffset? Expiry(Evidence fact) =>
        DateTimeOffset.TryParse(EvidenceContent.Text(fact.Content, "expiresAt"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) ? at : null;

    internal NewEvidence ToEvidence() => new(
        Evidence.Approval,
        ReleaseId,
        IsApproved,
        EvidenceContent.Of(
            ToString(),
            ("by", By),
            ("expiresAt", ExpiresAt?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            ("reason", Reason),
            ("source", Source)));
}
