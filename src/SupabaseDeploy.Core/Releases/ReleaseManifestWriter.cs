using System.Text.Encodings.Web;
using System.Text.Json;

namespace SupabaseDeploy.Releases;

/// <summary>Writes manifests, each in the format of its release.</summary>
internal static class ReleaseManifestWriter
{
    private static readonly JsonWriterOptions s_writing = new()
    {
        Indented = true,
        IndentCharacter = ' ',
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Write(Release release)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_writing))
        {
            json.WriteStartObject();
            if (release.Format == 1)
            {
                WriteFirstFormat(json, release);
            }
            else
            {
                WriteContent(json, release);
            }

            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static void WriteFirstFormat(Utf8JsonWriter json, Release release)
    {
        json.WriteString("application", release.Application);
        json.WriteNumber("format", release.Format);
        WriteGit(json, release);
        WriteMigrations(json, release.Migrations);
        WriteWeb(json, release);
    }

    private static void WriteContent(Utf8JsonWriter json, Release release)
    {
        json.WriteString("application", release.Application);
        WriteConfiguration(json, release.Configuration);
        json.WriteNumber("format", release.Format);
        WriteFunctions(json, release.Functions);
        WriteGit(json, release);
        WriteTexts(json, "images", release.Images);
        WriteMigrations(json, release.Migrations);
        WriteWeb(json, release);
        WriteWebs(json, release.Webs);
    }

    private static void WriteConfiguration(Utf8JsonWriter json, ReleaseConfiguration configuration)
    {
        json.WriteStartObject("configuration");
        WriteByEnvironment("settings", configuration.Settings);
        WriteByEnvironment("variables", configuration.Variables);
        json.WriteEndObject();

        void WriteByEnvironment(string name, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> environments)
        {
            json.WriteStartObject(name);
            foreach ((string environment, IReadOnlyDictionary<string, string> values) in Sorted(environments))
            {
                WriteTexts(json, environment, values);
            }

            json.WriteEndObject();
        }
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
            WriteList(json, "staticFiles", function.StaticFiles);
            json.WriteBoolean("verifyJwt", function.VerifyJwt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

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

    private static void WriteWeb(Utf8JsonWriter json, Release release)
    {
        // What one environment gets of several bundles is no content of its own.
        if (release.Web is null || release.WebEnvironment is not null)
        {
            json.WriteNull("web");
            return;
        }

        json.WriteStartObject("web");
        WriteBundle(json, release.Web);
        json.WriteEndObject();
    }

    private static void WriteWebs(Utf8JsonWriter json, ReleaseWebs? webs)
    {
        if (webs is null)
        {
            json.WriteNull("webs");
            return;
        }

        json.WriteStartObject("webs");
        json.WriteStartObject("bundles");
        foreach ((string environment, ReleaseBundle bundle) in Sorted(webs.Bundles))
        {
            json.WriteStartObject(environment);
            WriteBundle(json, bundle);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteString("commit", webs.GitCommit);
        WriteList(json, "defines", webs.Defines);
        json.WriteEndObject();
    }

    private static void WriteBundle(Utf8JsonWriter json, ReleaseBundle bundle)
    {
        json.WriteString("digest", bundle.Digest);
        WriteFiles(json, bundle.Files);
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

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts.Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach ((string key, string text) in Sorted(texts))
        {
            json.WriteString(key, text);
        }

        json.WriteEndObject();
    }

    private static IOrderedEnumerable<KeyValuePair<string, T>> Sorted<T>(IReadOnlyDictionary<string, T> values) =>
        values.OrderBy(entry => entry.Key, StringComparer.Ordinal);
}
