using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace SupabaseDeploy.Deployments;

/// <summary>A fact about one release, hash-chained in the ledger of the environment it was found in.</summary>
public sealed record Evidence
{
    /// <summary>The kind that a publish records when its health step passed, and <c>Test-DeploymentHealth -Record</c> as it is.</summary>
    public const string Healthy = "healthy";

    /// <summary>The kind of the Flutter application's analysis and tests.</summary>
    public const string Tests = "tests";

    /// <summary>The kind of a rehearsal of the release's migrations.</summary>
    public const string Rehearsal = "rehearsal";

    /// <summary>The kind of the type checks of edge functions.</summary>
    public const string Functions = "functions";

    /// <summary>The kind that the drill of a backup records.</summary>
    public const string Drill = "drill";

    /// <summary>The kind of a publish that waits for approvals.</summary>
    internal const string Request = "request";

    /// <summary>The kind of an approval, or, not passed, of a denial.</summary>
    internal const string Approval = "approval";

    /// <summary>The kind of a decision to publish past closed gates.</summary>
    internal const string Override = "override";

    /// <summary>The hash before the first.</summary>
    public static string FirstPreviousHash { get; } = new('0', 64);

    /// <summary>Its place in the chain, from 1.</summary>
    public required long Sequence { get; init; }

    /// <summary>What kind of fact: <c>healthy</c>, <c>tests</c>, <c>rehearsal</c>, <c>functions</c>, <c>drill</c>, <c>request</c>, <c>approval</c>, <c>override</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The release's id.</summary>
    public required string ReleaseId { get; init; }

    /// <summary>The name of the environment it was found in.</summary>
    public required string EnvironmentName { get; init; }

    /// <summary>Whether it speaks for the release.</summary>
    public required bool IsPassed { get; init; }

    /// <summary>The deployment it belongs to; null for none.</summary>
    public Guid? DeploymentId { get; init; }

    /// <summary>What was measured: a JSON object with a <c>summary</c> and figures; plain text from before version 0.5.</summary>
    public required string Content { get; init; }

    /// <summary>What was found, in a sentence.</summary>
    public string Summary => EvidenceContent.Summary(Content);

    /// <summary>When, UTC, to the microsecond: PostgreSQL keeps no more, and the hash covers it.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>The hash of the one before it.</summary>
    public required string PreviousHash { get; init; }

    /// <summary>SHA-256 over the canonical JSON of everything above, lower-case hexadecimal.</summary>
    public string Hash { get; init; } = "";

    /// <summary>
    /// The ids of the releases that are healthy on one environment, by the last fact of each. Its ledger may hold another one's evidence too, when
    /// its database was made from that one's backup.
    /// </summary>
    internal static IReadOnlySet<string> HealthyOn(string environmentName, IEnumerable<Evidence> evidence) => Healths(environmentName, evidence)
        .GroupBy(fact => fact.ReleaseId)
        .Where(facts => facts.Last().IsPassed)
        .Select(facts => facts.Key)
        .ToHashSet();

    /// <summary>The same of those that ever were: there is something to go back to.</summary>
    internal static IReadOnlySet<string> EverHealthyOn(string environmentName, IEnumerable<Evidence> evidence) =>
        Healths(environmentName, evidence).Where(fact => fact.IsPassed).Select(fact => fact.ReleaseId).ToHashSet();

    private static IEnumerable<Evidence> Healths(string environmentName, IEnumerable<Evidence> evidence) =>
        evidence.Where(fact => fact.Kind == Healthy && fact.EnvironmentName == environmentName);

    /// <summary>The hash this evidence must have.</summary>
    public string ComputeHash()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("content", Content);
            json.WriteString("deployment", DeploymentId?.ToString("D"));
            json.WriteString("environment", EnvironmentName);
            json.WriteString("kind", Kind);
            json.WriteBoolean("passed", IsPassed);
            json.WriteString("previousHash", PreviousHash);
            json.WriteString("recordedAt", RecordedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("release", ReleaseId);
            json.WriteNumber("sequence", Sequence);
            json.WriteEndObject();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.ToArray()));
    }
}
