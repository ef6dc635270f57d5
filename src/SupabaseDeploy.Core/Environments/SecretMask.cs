using System.Text.Encodings.Web;
using System.Text.Json;

namespace SupabaseDeploy.Environments;

/// <summary>Takes secrets out of what others say: a program or a server that was given one may repeat it, whole, by the line, or escaped.</summary>
internal sealed class SecretMask
{
    // A shorter line of a longer secret, as a brace, is nothing that only it has.
    private const int ShortestLine = 4;

    private readonly string[] _texts;

    /// <summary>For these secrets; empty ones are left out.</summary>
    public SecretMask(params IEnumerable<Secret> secrets) =>
        _texts = [.. secrets.Where(secret => !secret.IsEmpty).SelectMany(secret => Forms(secret.Reveal())).Distinct().OrderByDescending(text => text.Length)];

    /// <summary>The text with <c>***</c> in place of every secret. Hide before shortening: a piece of a secret is not found.</summary>
    public string Hide(string text) => _texts.Aggregate(text, (shown, secret) => shown.Replace(secret, "***", StringComparison.Ordinal));

    private static IEnumerable<string> Forms(string value) => Lines(value).SelectMany(line => (string[])
    [
        line,
        Uri.EscapeDataString(line),
        JsonEncodedText.Encode(line).Value,
        JsonEncodedText.Encode(line, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value,
    ]);

    private static IEnumerable<string> Lines(string value) =>
        [value, .. value.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.Length >= ShortestLine)];
}
