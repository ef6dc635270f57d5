using System.Text;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>A source file of a function.</summary>
/// <param name="Path">Relative path with forward slashes.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record SourceFile(string Path, byte[] Content);

/// <summary>
/// The sources of a function at work. The platform sends them as a form with one part for each file when it is asked for that media type
/// (as its own command-line tool does); the OpenAPI file only says that there is a stream.
/// </summary>
internal sealed record FunctionSources(IReadOnlyList<SourceFile> Files)
{
    public const string MediaType = "multipart/form-data";

    /// <exception cref="DeployException"><see cref="ErrorTable.FunctionNotKept"/>: it is no such form, or has no file.</exception>
    public static FunctionSources Parse(string slug, ApiAnswer answer)
    {
        if (answer.ContentType is not { } type || !type.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) || Boundary(type) is not { } boundary)
        {
            throw NotKept(slug, $"the platform gives them as '{answer.ContentType ?? "nothing"}'");
        }

        SourceFile[] files = [.. Parts(answer.Body, Encoding.ASCII.GetBytes("--" + boundary)).Select(part => ToFile(part)).OfType<SourceFile>()];
        return files.Length > 0 ? new FunctionSources(files) : throw NotKept(slug, "the platform gives no file");
    }

    private static DeployException NotKept(string slug, string why) => new(
        ErrorTable.FunctionNotKept,
        $"The sources of function '{slug}', which no release brought, cannot be kept for going back: {why}.",
        $"Delete the function in the dashboard after you have saved it elsewhere, or take '{slug}' out of the release.",
        slug);

    private static string? Boundary(string type) => type.Split(';')
        .Select(part => part.Trim().Split('=', 2))
        .Where(pair => pair.Length == 2 && pair[0].Equals("boundary", StringComparison.OrdinalIgnoreCase))
        .Select(pair => pair[1].Trim('"'))
        .FirstOrDefault();

    private static IEnumerable<byte[]> Parts(byte[] body, byte[] delimiter)
    {
        int start = body.AsSpan().IndexOf(delimiter);
        while (start >= 0)
        {
            int begin = start + delimiter.Length;
            int next = body.AsSpan(begin).IndexOf([(byte)'\r', (byte)'\n', .. delimiter]);
            if (next < 0)
            {
                yield break;
            }

            yield return body[(begin + 2)..(begin + next)];
            start = begin + next + 2;
        }
    }

    private static SourceFile? ToFile(byte[] part)
    {
        int end = part.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        string[] headers = Encoding.UTF8.GetString(part, 0, end).Split("\r\n");
        string? path = Header(headers, "supabase-path") ?? FileName(Header(headers, "content-disposition"));
        return path is { Length: > 0 } ? new SourceFile(path, part[(end + 4)..]) : null;
    }

    private static string? Header(string[] headers, string name) => headers
        .Where(header => header.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(header => header[(name.Length + 1)..].Trim())
        .FirstOrDefault();

    private static string? FileName(string? disposition)
    {
        const string Key = "filename=";
        int start = disposition?.IndexOf(Key, StringComparison.OrdinalIgnoreCase) ?? -1;
        return start < 0 ? null : disposition![(start + Key.Length)..].Split(';')[0].Trim().Trim('"');
    }
}
