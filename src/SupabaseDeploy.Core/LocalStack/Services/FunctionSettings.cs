using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// What <c>config.toml</c> says of a function (<see href="https://supabase.com/docs/guides/functions/function-configuration"/>).
/// Paths in it begin at the folder of <c>config.toml</c>.
/// </summary>
/// <param name="Enabled">False for a function that is not served.</param>
/// <param name="VerifyJwt">Whether requests need a token.</param>
/// <param name="ImportMap">Its import map or <c>deno.json</c>, absolute.</param>
/// <param name="Entrypoint">Its file, absolute.</param>
internal sealed record FunctionSettings(bool? Enabled, bool? VerifyJwt, string? ImportMap, string? Entrypoint)
{
    /// <summary>Whether a project has functions, and wants them to be served.</summary>
    public static bool AreWanted(ServiceContext context) =>
        context.Configuration.Flag("edge_runtime.enabled") != false
        && (File.Exists(context.Folder.PublishedFunctions)
            || (Directory.Exists(context.FunctionsFolder) && Directory.EnumerateDirectories(context.FunctionsFolder).Any(IsFunction))
            || context.Configuration.Names("functions").Count > 0);

    /// <summary>The settings of all functions, by name, as <c>functions/main.js</c> reads them.</summary>
    public static string ToJson(ServiceContext context) => JsonSerializer.Serialize(
        context.Configuration.Names("functions").ToDictionary(name => name, name => Read(context, name)),
        FunctionSettingsJson.Default.DictionaryStringFunctionSettings);

    /// <summary>The variables of <c>edge_runtime.secrets</c>, as <c>functions/main.js</c> reads them. The platform keeps names that begin with SUPABASE_ for itself.</summary>
    public static string SecretsToJson(ServiceContext context) => JsonSerializer.Serialize(
        ProjectContent.Secrets(context.Configuration, "edge_runtime.secrets")
            .Where(secret => !secret.Key.StartsWith("SUPABASE_", StringComparison.Ordinal))
            .ToDictionary(secret => secret.Key, secret => secret.Value.Reveal()),
        FunctionSettingsJson.Default.DictionaryStringString);

    private static FunctionSettings Read(ServiceContext context, string name)
    {
        SupabaseConfiguration configuration = context.Configuration;
        string folder = Path.GetDirectoryName(context.FunctionsFolder)!;
        return new FunctionSettings(
            configuration.Flag($"functions.{name}.enabled"),
            configuration.Flag($"functions.{name}.verify_jwt"),
            Absolute(configuration.Text($"functions.{name}.import_map")),
            Absolute(configuration.Text($"functions.{name}.entrypoint")));

        string? Absolute(string? path) => string.IsNullOrEmpty(path) ? null : Path.GetFullPath(Path.Combine(folder, path));
    }

    // Shared code is in folders whose names begin with an underscore.
    private static bool IsFunction(string folder) => Path.GetFileName(folder) is [not ('_' or '.'), ..];
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Dictionary<string, FunctionSettings>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class FunctionSettingsJson : JsonSerializerContext;
