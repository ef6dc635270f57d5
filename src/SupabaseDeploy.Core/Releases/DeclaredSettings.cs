using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>
/// Reads which settings each stage declares: what <c>configuration.take</c> takes of <c>supabase/config.toml</c>, what its table
/// <c>[remotes.&lt;stage&gt;]</c> says, and what <c>configuration.set</c> sets; the later goes before the earlier.
/// </summary>
internal sealed class DeclaredSettings(ProjectFolder project)
{
    private readonly SupabaseConfiguration _configuration = SupabaseConfiguration.Load(project);

    public IReadOnlyDictionary<string, string> Of(string stage, WrittenConfiguration? written)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Written<string> pattern in written?.Take ?? [])
        {
            foreach (string key in _configuration.Keys.Where(key => !key.StartsWith("remotes.", StringComparison.Ordinal) && NamePattern.Matches(key, pattern.Value)))
            {
                Add(settings, key, key);
            }
        }

        string remote = $"remotes.{stage}.";
        foreach (string key in _configuration.Keys.Where(key => key.StartsWith(remote, StringComparison.Ordinal) && key != remote + "project_id"))
        {
            Add(settings, key[remote.Length..], key);
        }

        foreach ((string key, Written<string> value) in written?.Set ?? new Dictionary<string, Written<string>>())
        {
            settings[key] = value.Value;
        }

        return settings;
    }

    private void Add(Dictionary<string, string> settings, string key, string writtenKey)
    {
        if (_configuration.Json(writtenKey) is not { } json)
        {
            return;
        }

        EnsurePublic(key, json);
        settings[key] = json;
    }

    private void EnsurePublic(string key, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind == JsonValueKind.String && SecretIn(key, document.RootElement.GetString()!) is { } secret)
        {
            throw new DeployException(
                ErrorTable.ReleaseContentRefused,
                $"'{key}' of supabase/config.toml cannot be part of a release: {secret}.",
                "Write 'env(NAME)' in its place, and keep the value in the environment variable NAME.",
                Path.Combine(project.Root, "supabase", "config.toml"));
        }
    }

    /// <summary>Why a value may not be written down; null for one that may.</summary>
    internal static string? SecretIn(string key, string text) =>
        text.Length == 0 || DeclaredSetting.HoldsReference(text) && !PublicValue.HoldsPassword(text) ? null
        : DeclaredSetting.IsSecretKey(key) ? "its name says that its value is secret"
        : PublicValue.SecretIn(text) is { } kind ? $"its value is {kind}"
        : null;
}
