using System.Globalization;
using System.Text.RegularExpressions;

namespace SupabaseDeploy.FlutterApps;

/// <summary>One error of the Dart compiler.</summary>
/// <param name="File">The file as the compiler names it, relative to the application.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Message">What is wrong.</param>
public sealed partial record CompileError(string File, int Line, int Column, string Message)
{
    /// <summary>The errors in a text of the compiler, as in <c>lib/main.dart:12:5: Error: Expected ';' after this.</c></summary>
    public static IEnumerable<CompileError> Find(string text) => ErrorLine().Matches(text).Select(match => new CompileError(
        match.Groups["file"].Value,
        int.Parse(match.Groups["line"].ValueSpan, CultureInfo.InvariantCulture),
        int.Parse(match.Groups["column"].ValueSpan, CultureInfo.InvariantCulture),
        match.Groups["message"].Value.TrimEnd()));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Message}");

    [GeneratedRegex(@"^\s*(?<file>\S.{0,1000}?):(?<line>\d{1,7}):(?<column>\d{1,7}): Error: (?<message>.+)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ErrorLine();
}
