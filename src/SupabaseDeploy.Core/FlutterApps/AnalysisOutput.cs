using System.Globalization;
using System.Text.RegularExpressions;

namespace SupabaseDeploy.FlutterApps;

/// <summary>
/// Reads what <c>flutter analyze</c> prints. Its <c>--machine</c> is for <c>--suggestions</c> only, and the file of <c>--write</c> lacks the
/// rule. Source: https://github.com/flutter/flutter/blob/master/packages/flutter_tools/lib/src/dart/analysis.dart
/// </summary>
internal static partial class AnalysisOutput
{
    /// <summary>One finding, as in <c>warning • Unused import • lib/main.dart:3:8 • unused_import</c>; null for every other line.</summary>
    public static FlutterFinding? Parse(string line) => Finding().Match(line) is { Success: true } match
        ? new FlutterFinding(
            match.Groups["severity"].Value switch { "error" => FlutterSeverity.Error, "warning" => FlutterSeverity.Warning, _ => FlutterSeverity.Info },
            match.Groups["message"].Value,
            match.Groups["file"].Value.Replace('\\', '/'),
            int.Parse(match.Groups["line"].ValueSpan, CultureInfo.InvariantCulture),
            int.Parse(match.Groups["column"].ValueSpan, CultureInfo.InvariantCulture),
            match.Groups["rule"].Value)
        : null;

    // Windows has a hyphen for the bullet. A message may hold either, so that the file is the last but one of the parts.
    [GeneratedRegex(@"^\s*(?<severity>error|warning|info|hint) [•-] (?<message>.*) [•-] (?<file>.+):(?<line>\d{1,7}):(?<column>\d{1,7}) [•-] (?<rule>\S*)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Finding();
}
