using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>
/// The canonical text of a release: JSON with sorted keys, two spaces, line feeds and a final line feed, so that the same content has the
/// same bytes, and therefore the same id, on every machine.
/// </summary>
public static class ReleaseManifest
{
    /// <summary>The file's name in a stored release.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The format of releases made by this version. Format 1, which has no functions, is read, and written again as it was.</summary>
    internal const int Format = 2;

    private static readonly JsonWriterOptions s_writing = new()
    {
        Indented = true,
        IndentCharacter = ' ',
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The canonical bytes of a release's content. What is not content (id, time, folder) is not written.</summary>
    public static byte[] Write(Release release)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_writing))
        {
            json.WriteStartObject();
            json.WriteString("application", release.Application);
            json.WriteNumber("format", release.Format);
            if (release.Format > 1)
            {
                WriteFunctions(json, release.Functions);
            }

            WriteGit(json, release);
            WriteMigrations(json, release.Migrations);
            WriteWeb(json, release.Web);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>The id of a manifest: its SHA-256 in lower-case hexadecimal.</summary>
    public static string IdOf(ReadOnlySpan<byte> manifest) => Convert.ToHexStringLower(SHA256.HashData(manifest));

    /// <summary>Reads a manifest. Its id is computed from the bytes given.</summary>
    /// <param name="manifest">The bytes.</param>
    /// <param name="folder">The folder the release is, or would be, stored in.</param>
    /// <param name="createdAt">When it was made.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseDamaged"/>.</exception>
    public static Release Read(ReadOnlyMemory<byte> manifest, string folder, DateTimeOffset createdAt)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(manifest);
            JsonElement root = document.RootElement;
            int format = root.GetProperty("format").GetInt32();
            if (format is < 1 or > Format)
            {
                throw Damaged(folder, $"its manifest has format {format}, which this version does not read", null);
            }

            JsonElement git = root.GetProperty("git");
            return new Release
            {
                Id = IdOf(manifest.Span),
                Format = format,
                Application = root.GetProperty("application").GetString()!,
                GitCommit = git.GetProperty("commit").GetString(),
                IsDirty = git.GetProperty("dirty").GetBoolean(),
                CreatedAt = createdAt,
                Migrations = [.. root.GetProperty("migrations").EnumerateArray().Select(ReadMigration)],
                Functions = format > 1 ? [.. root.GetProperty("functions").EnumerateArray().Select(ReadFunction)] : [],
                Web = root.GetProperty("web") is { ValueKind: JsonValueKind.Object } web ? ReadWeb(web) : null,
                Path = folder,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged(folder, $"its manifest cannot be read: {e.Message}", e);
        }
    }

    internal static DeployException Damaged(string folder, string why, Exception? inner) => new(
        ErrorTable.ReleaseDamaged,
        $"Release '{Path.GetFileName(folder)}' is not what its id stands for: {why}.",
        $"Delete the folder '{folder}' and make the release again with New-Release.",
        folder,
        inner);

    private static void WriteGit(Utf8JsonWriter json, Release release)
    {
        json.WriteStartObject("git");
        json.WriteString("commit", release.GitCommit);
        json.WriteBoolean("dirty", release.IsDirty);
        json.WriteEndObject();
    }

    private static void WriteMigrations(Utf8JsonWriter json, IReadOnlyList<ReleaseMigration> migrations)
    {
        json.WriteStartArray("migrations");
        foreach (ReleaseMigration migration in migrations.OrderBy(migration => migration.Version, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("down", migration.DownSha256);
            json.WriteString("file", migration.FileName);
            json.WriteString("name", migration.Name);
            json.WriteString("sha256", migration.Sha256);
            json.WriteString("version", migration.Version);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFunctions(Utf8JsonWriter json, IReadOnlyList<ReleaseFunction> functions)
    {
        json.WriteStartArray("functions");
        foreach (ReleaseFunction function in functions.OrderBy(function => function.Slug, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("digest", function.Digest);
            json.WriteString("entryPoint", function.EntryPoint);
            WriteFiles(json, function.Files);
            json.WriteString("importMap", function.ImportMap);
            json.WriteString("slug", function.Slug);
            json.WriteStartArray("staticFiles");
            foreach (string file in function.StaticFiles.Order(StringComparer.Ordinal))
            {
                json.WriteStringValue(file);
            }

            json.WriteEndArray();
            json.WriteBoolean("verifyJwt", function.VerifyJwt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteWeb(Utf8JsonWriter json, ReleaseBundle? web)
    {
        if (web is null)
        {
            json.WriteNull("web");
            return;
        }

        json.WriteStartObject("web");
        json.WriteString("digest", web.Digest);
        WriteFiles(json, web.Files);
        json.WriteEndObject();
    }

    private static void WriteFiles(Utf8JsonWriter json, IReadOnlyList<ReleaseFile> files)
    {
        json.WriteStartArray("files");
        foreach (ReleaseFile file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteString("sha256", file.Sha256);
            json.WriteNumber("size", file.Size);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static ReleaseMigration ReadMigration(JsonElement migration) => new(
        migration.GetProperty("version").GetString()!,
        migration.GetProperty("name").GetString()!,
        migration.GetProperty("file").GetString()!,
        migration.GetProperty("sha256").GetString()!,
        migration.GetProperty("down").GetString());

    private static ReleaseFunction ReadFunction(JsonElement function) => new(
        function.GetProperty("slug").GetString()!,
        function.GetProperty("digest").GetString()!,
        function.GetProperty("verifyJwt").GetBoolean(),
        function.GetProperty("entryPoint").GetString()!,
        function.GetProperty("importMap").GetString(),
        ReadFiles(function))
    {
        StaticFiles = [.. function.GetProperty("staticFiles").EnumerateArray().Select(file => file.GetString()!)],
    };

    private static ReleaseBundle ReadWeb(JsonElement web) => new(web.GetProperty("digest").GetString()!, ReadFiles(web));

    private static ReleaseFile[] ReadFiles(JsonElement bundle) =>
    [
        .. bundle.GetProperty("files").EnumerateArray().Select(file => new ReleaseFile(
            file.GetProperty("path").GetString()!,
            file.GetProperty("sha256").GetString()!,
            file.GetProperty("size").GetInt64())),
    ];
}
