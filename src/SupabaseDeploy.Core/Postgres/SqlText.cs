using System.Text;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>Reads SQL files: UTF-8 with or without a byte order mark, nothing else.</summary>
internal static class SqlText
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file that is compared and not run: what is not UTF-8 is U+FFFD.</summary>
    public static string ReadTolerantly(string path) => File.ReadAllText(path, Encoding.UTF8);

    /// <exception cref="DeployException"><see cref="ErrorTable.SqlFileNotUtf8"/> with the position of the first wrong byte.</exception>
    public static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        byte[] bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        int start = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        try
        {
            return s_strict.GetString(bytes, start, bytes.Length - start);
        }
        catch (DecoderFallbackException e)
        {
            int position = start + e.Index;
            throw new DeployException(
                ErrorTable.SqlFileNotUtf8,
                $"File '{path}' is not UTF-8: byte {position} (0x{bytes[position]:x2}) in line {1 + bytes.AsSpan(0, position).Count((byte)'\n')} is not part of a character.",
                "Save the file as UTF-8.",
                path,
                e);
        }
    }
}
