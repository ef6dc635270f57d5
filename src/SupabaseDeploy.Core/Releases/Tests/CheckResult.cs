using System.Text.Json.Nodes;

namespace SupabaseDeploy.Releases;

/// <summary>What a check found.</summary>
/// <param name="IsPassed">Whether it speaks for the release.</param>
/// <param name="Message">In a sentence.</param>
/// <param name="Problems">Everything that is wrong.</param>
/// <param name="Figures">What was counted and measured, for the evidence.</param>
internal sealed record CheckResult(bool IsPassed, string Message, IReadOnlyList<string> Problems, params (string Name, JsonNode? Value)[] Figures);
