using System.Text.Json;
using System.Text.RegularExpressions;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Releases;

/// <summary>One setting of a service that a release declares for an environment, ready to be applied.</summary>
/// <param name="Key">The dotted key of <c>config.toml</c>: <c>auth.jwt_expiry</c>.</param>
/// <param name="Value">Its value as JSON; null for a secret.</param>
/// <param name="Secret">The text of a secret; null for everything else.</param>
public sealed partial record DeclaredSetting(string Key, string? Value, Secret? Secret)
{
    /// <summary>True for a value that must not be shown.</summary>
    public bool IsSecret => Secret is not null;

    /// <inheritdoc/>
    public override string ToString() => $"{Key} = {Value ?? "***"}";

    internal static IReadOnlyList<DeclaredSetting> Resolve(DeploymentEnvironment environment, IReadOnlyDictionary<string, string> settings)
    {
        var values = new ReferenceValues(environment.Project, environment.SecretSources);
        var problems = new List<ConfigurationProblem>();
        DeclaredSetting[] resolved = [.. settings.OrderBy(setting => setting.Key, StringComparer.Ordinal).Select(setting => Resolve(setting.Key, setting.Value, values, problems))];
        return problems.Count == 0 ? resolved : throw DeploymentPipeline.Unresolved(problems);
    }

    /// <summary>True when a text takes its value from elsewhere.</summary>
    internal static bool HoldsReference(string text) => Reference.IsIn(text) || CliReference().IsMatch(text);

    /// <summary>True for a key whose value is a secret by its name, as those of <c>config.toml</c> are named.</summary>
    internal static bool IsSecretKey(string key) => PublicValue.SecretWordIn(key) is not null || SecretName().IsMatch(key);

    private static DeclaredSetting Resolve(string key, string json, ReferenceValues values, List<ConfigurationProblem> problems)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.String)
        {
            return new DeclaredSetting(key, json, null);
        }

        string written = document.RootElement.GetString()!;
        // The CLI's own form, as far as its meaning goes: the process's environment.
        (string? text, IReadOnlyList<string> reasons) = values.Resolve(CliReference().Replace(written, "${$1}"));
        problems.AddRange(reasons.Select(reason => new ConfigurationProblem
        {
            File = "the release",
            Path = key,
            Line = 0,
            Severity = ConfigurationSeverity.Error,
            Message = reason,
        }));
        bool isSecret = IsSecretKey(key) && written.Length > 0 || written.Contains("${secret:", StringComparison.Ordinal);
        return isSecret ? new DeclaredSetting(key, null, new Secret(text ?? "")) : new DeclaredSetting(key, SettingValue.Text(text ?? ""), null);
    }

    [GeneratedRegex(@"\Aenv\(([A-Za-z_][A-Za-z0-9_]*)\)\z")]
    private static partial Regex CliReference();

    [GeneratedRegex(@"(\A|[._])(pass|api_key|auth_token)\z")]
    private static partial Regex SecretName();
}
