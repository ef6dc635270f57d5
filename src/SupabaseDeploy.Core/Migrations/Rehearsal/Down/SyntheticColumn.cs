using System.Globalization;
using System.Text.RegularExpressions;

namespace SupabaseDeploy.Migrations;

/// <summary>Ways to make a row, from the fullest to the simplest.</summary>
internal enum RowStyle
{
    /// <summary>A value in every column.</summary>
    Full,

    /// <summary>In columns with a check, a value that the check itself names.</summary>
    FromChecks,

    /// <summary>The same, and nothing in columns that may be null and have a check.</summary>
    WithoutChecked,

    /// <summary>Values only where they must be.</summary>
    Required,

    /// <summary>The same, and defaults where there are any.</summary>
    Defaults,
}

/// <summary>A column of a table that gets made-up rows.</summary>
internal sealed partial record SyntheticColumn(
    string Table, string Name, string Type, int Modifier, bool IsRequired, char Category, string[] Labels, string[] Checks, bool HasDefault, string FullType)
{
    /// <summary>An SQL expression for the value of the <paramref name="row"/>th row, from 1; null to leave the column out.</summary>
    public string? Value(int row, RowStyle style) => style switch
    {
        RowStyle.Full => Plain(row),
        RowStyle.FromChecks => Checks.Length > 0 ? FromCheck(row) ?? Plain(row) : Plain(row),
        RowStyle.WithoutChecked when Checks.Length > 0 => IsRequired ? FromCheck(row) ?? Plain(row) : "null",
        RowStyle.WithoutChecked => Plain(row),
        RowStyle.Required => IsRequired ? FromCheck(row) ?? Plain(row) : "null",
        _ => HasDefault || !IsRequired ? null : FromCheck(row) ?? Plain(row),
    };

    private string? Plain(int row) => Type switch
    {
        _ when Labels.Length > 0 => Quoted(Labels[(row - 1) % Labels.Length]),
        "int2" or "int4" or "int8" or "numeric" or "float4" or "float8" or "oid" or "money" => row.ToString(CultureInfo.InvariantCulture),
        "bool" => row % 2 == 0 ? "true" : "false",
        "uuid" => Quoted($"00000000-0000-4000-8000-{row:D12}"),
        "text" or "citext" or "name" or "varchar" or "bpchar" => Quoted(Shortened($"{row} sample")),
        "date" or "timestamp" or "timestamptz" => Quoted($"2001-01-{row:D2}"),
        "time" or "timetz" => Quoted($"0{row}:00"),
        "interval" => Quoted($"{row} days"),
        "json" or "jsonb" => Quoted($"{{\"n\": {row}}}"),
        "bytea" => Quoted($"\\x{row:x2}"),
        "inet" or "cidr" => Quoted($"10.0.0.{row}"),
        "macaddr" => Quoted($"08:00:2b:01:02:{row:x2}"),
        "tsvector" or "tsquery" or "xml" => Quoted($"n{row}"),
        _ when Category == 'A' => "'{}'",
        _ when Category == 'R' => "'empty'",
        _ => IsRequired ? null : "null",
    };

    /// <summary>A literal of a check constraint: <c>status in ('open', 'done')</c> accepts its own.</summary>
    private string? FromCheck(int row)
    {
        string[] literals =
        [
            .. Checks.SelectMany(check => (Category == 'N' ? Numbers() : Texts()).Matches(check).Select(match => match.Groups[1].Value.Replace("''", "'", StringComparison.Ordinal))).Distinct(),
        ];
        return literals.Length == 0 ? null : Category == 'N' ? literals[(row - 1) % literals.Length] : Quoted(literals[(row - 1) % literals.Length]);
    }

    // The modifier of varchar(n) and char(n) is n + 4.
    private string Shortened(string text) => Modifier > 4 && Modifier - 4 < text.Length ? text[..(Modifier - 4)] : text;

    private string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'::{FullType}";

    [GeneratedRegex(@"'((?:[^']|'')*)'")]
    private static partial Regex Texts();

    [GeneratedRegex(@"(?<![\w.])(-?[0-9]+(?:\.[0-9]+)?)")]
    private static partial Regex Numbers();
}
