using System.Globalization;
using System.Text.Json.Nodes;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Deployments;

/// <summary>What the rehearsal of a release foretells of its migrations in one environment.</summary>
/// <param name="RehearsedAt">When it was rehearsed, UTC.</param>
/// <param name="IsPassed">True when every statement ran.</param>
/// <param name="Summary">What was found, in a sentence.</param>
public sealed record RehearsalForecast(DateTimeOffset RehearsedAt, bool IsPassed, string Summary)
{
    /// <summary>How long the migrations ran in the rehearsal, and what their work may take at most with the tables of the environment; null where it was not measured.</summary>
    public TimeSpan? Expected { get; init; }

    /// <summary>The locks that an application waits for.</summary>
    public IReadOnlyList<BlockingLock> Locks { get; init => field = value.ToArray(); } = [];

    /// <summary>Everything of medium risk or worse.</summary>
    public IReadOnlyList<string> Risks { get; init => field = value.ToArray(); } = [];

    /// <summary>What became of the down scripts that were tried; empty where none was, or an older version of the module rehearsed.</summary>
    public IReadOnlyList<RehearsedDown> Downs { get; init => field = value.ToArray(); } = [];

    /// <summary>Those of the versions whose down script did not bring back what was there.</summary>
    internal string[] NotRestoring(IEnumerable<string> versions) => [.. versions.Where(version => Downs.Any(down => down.Version == version && !down.IsProven))];

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"rehearsed {RehearsedAt.UtcDateTime:yyyy-MM-dd HH:mm}Z: {Summary}");

    /// <summary>The figures that evidence keeps of a rehearsal.</summary>
    internal static IEnumerable<(string Name, JsonNode? Value)> Figures(RehearsalSummary summary) =>
    [
        ("expectedSeconds", Math.Round(summary.Expected.TotalSeconds, 3)),
        ("risks", new JsonArray([.. summary.Risks.Select(risk => JsonValue.Create(risk))])),
        ("locks", new JsonArray([.. summary.Locks.Select(held => new JsonObject
        {
            ["version"] = held.Version,
            ["file"] = held.File,
            ["line"] = held.Line,
            ["relation"] = held.Relation,
            ["blocks"] = held.Blocks.ToString(),
            ["message"] = held.Message,
        })])),
        ("downs", new JsonArray([.. summary.Downs.Where(down => down.Outcome != DownOutcome.Missing).Select(down => new JsonObject
        {
            ["version"] = down.Version,
            ["proven"] = down.IsProven,
            ["message"] = down.Message,
        })])),
    ];

    /// <summary>The last rehearsal of a release in an environment; null when there was none.</summary>
    internal static RehearsalForecast? Find(IEnumerable<Evidence> evidence, string environment, string release) =>
        evidence.LastOrDefault(fact => fact.Kind == Evidence.Rehearsal && fact.EnvironmentName == environment && fact.ReleaseId == release) is { } last ? Of(last) : null;

    private static RehearsalForecast Of(Evidence evidence)
    {
        JsonObject? content = EvidenceContent.Parse(evidence.Content);
        return new RehearsalForecast(evidence.RecordedAt, evidence.IsPassed, evidence.Summary)
        {
            Expected = content?["expectedSeconds"]?.GetValue<double>() is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Risks = [.. (content?["risks"] as JsonArray ?? []).Select(risk => risk!.GetValue<string>())],
            Downs = [.. (content?["downs"] as JsonArray ?? []).OfType<JsonObject>().Select(down => new RehearsedDown(
                down["version"]!.GetValue<string>(), down["proven"]!.GetValue<bool>(), down["message"]!.GetValue<string>()))],
            Locks = [.. (content?["locks"] as JsonArray ?? []).OfType<JsonObject>().Select(held => new BlockingLock(
                held["version"]!.GetValue<string>(),
                held["file"]!.GetValue<string>(),
                held["line"]!.GetValue<int>(),
                held["relation"]!.GetValue<string>(),
                Enum.Parse<BlockedAccess>(held["blocks"]!.GetValue<string>()),
                held["message"]!.GetValue<string>()))],
        };
    }
}

/// <summary>What became of a down script in a rehearsal.</summary>
/// <param name="Version">The migration's version.</param>
/// <param name="IsProven">True when it brought back what was there.</param>
/// <param name="Message">What was seen.</param>
public sealed record RehearsedDown(string Version, bool IsProven, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Version}: {Message}";
}
