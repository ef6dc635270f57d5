using System.Text;

namespace SupabaseDeploy.Environments;

/// <summary>Reads a configuration file as what it has to be: UTF-8 text.</summary>
internal static class ConfigurationText
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text without a byte-order mark; null when a problem was added instead.</summary>
    public static string? Read(string path, ProblemList problems)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Error("", 0, $"the file cannot be read: {e.Message}");
            return null;
        }

        ReadOnlySpan<byte> content = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;
        try
        {
            return s_strict.GetString(content);
        }
        catch (DecoderFallbackException e)
        {
            problems.Error("", content[..e.Index].Count((byte)'\n') + 1, "the file is not UTF-8 text; expected UTF-8.");
            return null;
        }
    }
}
