using System.Text.Json;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>Reads manifests of every format there was. A manifest may come from elsewhere, so no path in it is believed.</summary>
internal static class ReleaseManifestReader
{
    public static Release Read(ReadOnlyMemory<byte> manifest, string folder, DateTimeOffset createdAt)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(manifest);
            JsonElement root = document.RootElement;
            int format = root.GetProperty("format").GetInt32();
            if (format is < 1 or > ReleaseManifest.Format)
            {
                throw ReleaseManifest.Damaged(folder, $"its manifest has format {format}, which this version does not read", null);
            }

            JsonElement git = root.GetProperty("git");
            var release = new Release
            {
                Id = ReleaseManifest.IdOf(manifest.Span),
                Format = format,
                Application = root.GetProperty("application").GetString()!,
                GitCommit = git.GetProperty("commit").GetString(),
                IsDirty = git.GetProperty("dirty").GetBoolean(),
                CreatedAt = createdAt,
                Migrations = [.. root.GetProperty("migrations").EnumerateArray().Select(ReadMigration)],
                Web = root.GetProperty("web") is { ValueKind: JsonValueKind.Object } web ? ReadBundle(web) : null,
                Path = folder,
            };
            release = format == 1 ? release : ReadSecondFormat(root, release);
            EnsurePathsInside(release, folder);
            EnsureVersionsDiffer(release, folder);
            return release;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw ReleaseManifest.Damaged(folder, $"its manifest cannot be read: {e.Message}", e);
        }
    }

    private static Release ReadSecondFormat(JsonElement root, Release release)
    {
        JsonElement configuration = root.GetProperty("configuration");
        return release with
        {
            Configuration = new ReleaseConfiguration
            {
                Settings = ReadByEnvironment(configuration.GetProperty("settings")),
                Variables = ReadByEnvironment(configuration.GetProperty("variables")),
            },
            Functions = [.. root.GetProperty("functions").EnumerateArray().Select(ReadFunction)],
            Images = ReadTexts(root.GetProperty("images")),
            Webs = root.GetProperty("webs") is { ValueKind: JsonValueKind.Object } webs ? ReadWebs(webs) : null,
        };
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> ReadByEnvironment(JsonElement environments) =>
        environments.EnumerateObject().ToDictionary(environment => environment.Name, environment => (IReadOnlyDictionary<string, string>)ReadTexts(environment.Value));

    private static Dictionary<string, string> ReadTexts(JsonElement texts) =>
        texts.EnumerateObject().ToDictionary(text => text.Name, text => text.Value.GetString()!);

    private static string[] ReadList(JsonElement list) => [.. list.EnumerateArray().Select(text => text.GetString()!)];

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
        StaticFiles = ReadList(function.GetProperty("staticFiles")),
    };

    private static ReleaseWebs ReadWebs(JsonElement webs) => new()
    {
        GitCommit = webs.GetProperty("commit").GetString(),
        Bundles = webs.GetProperty("bundles").EnumerateObject().ToDictionary(bundle => bundle.Name, bundle => ReadBundle(bundle.Value)),
        Defines = ReadList(webs.GetProperty("defines")),
    };

    private static ReleaseBundle ReadBundle(JsonElement bundle) => new(bundle.GetProperty("digest").GetString()!, ReadFiles(bundle));

    private static ReleaseFile[] ReadFiles(JsonElement bundle) =>
    [
        .. bundle.GetProperty("files").EnumerateArray().Select(file => new ReleaseFile(
            file.GetProperty("path").GetString()!,
            file.GetProperty("sha256").GetString()!,
            file.GetProperty("size").GetInt64())),
    ];

    private static void EnsurePathsInside(Release release, string folder)
    {
        // The application's name becomes a part of a file's name, too; without one it has none.
        if (((string[])[release.Application ?? "", .. ReleaseVerification.ExpectedFiles(release).Keys]).FirstOrDefault(path => !IsInside(path)) is { } stranger)
        {
            throw ReleaseManifest.Damaged(folder, $"'{stranger}' leads out of it", null);
        }
    }

    private static void EnsureVersionsDiffer(Release release, string folder)
    {
        if (release.Migrations.GroupBy(migration => migration.Version).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw ReleaseManifest.Damaged(folder, $"migration '{twice.Key}' is in it twice", null);
        }
    }

    private static bool IsInside(string path) =>
        !path.Contains('\\', StringComparison.Ordinal)
        && !path.Any(char.IsControl)
        && path.Split('/').All(part => part is not ("" or "." or ".."));
}
