using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SupabaseDeploy.Releases;

/// <summary>Values of settings as JSON, each in one form only, so that equal values are equal text.</summary>
internal static class SettingValue
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(string value) => JsonSerializer.Serialize(value, s_json);

    /// <summary>A value as a TOML document holds it; null for one that is no setting (a table, a list of tables).</summary>
    public static string? Of(object? value) => value switch
    {
        string text => Text(text),
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IEnumerable<object?> list when list.Select(Of).ToArray() is var items && items.All(item => item is not null) => $"[{string.Join(',', items)}]",
        _ => null,
    };

    /// <summary>A value as it is written in YAML: plain words may be numbers and booleans.</summary>
    public static string OfPlain(string text) =>
        text is "true" or "false" ? text
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number.ToString(CultureInfo.InvariantCulture)
        : double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double real) ? real.ToString("R", CultureInfo.InvariantCulture)
        : Text(text);
}
