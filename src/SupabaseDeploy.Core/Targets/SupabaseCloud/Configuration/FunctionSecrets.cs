using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>The secrets of edge functions: set from the secret store, never read back, and removed only when somebody says so.</summary>
internal sealed class FunctionSecrets(DeploymentEnvironment environment, ManagementApi api)
{
    private const string Prefix = "secret.";
    private const string Reserved = "SUPABASE_";

    public static bool IsOne(ConfigurationChange change) => change.Key.StartsWith(Prefix, StringComparison.Ordinal);

    public async Task<IReadOnlyList<ConfigurationChange>> PlanAsync(CancellationToken cancellationToken)
    {
        if (environment.Cloud.Secrets.Count + environment.Cloud.RemoveSecrets.Count == 0)
        {
            return [];
        }

        Dictionary<string, string> there = await ListAsync(cancellationToken).ConfigureAwait(false);
        return
        [
            .. environment.Cloud.Secrets
                .Where(secret => !there.TryGetValue(secret.Key, out string? shown) || IsOther(shown, secret.Value))
                .Select(secret => new ConfigurationChange(Prefix + secret.Key, null, null) { IsSecret = true, Remark = there.ContainsKey(secret.Key) ? "It has another value now." : "It is not there yet." }),
            .. environment.Cloud.RemoveSecrets
                .Where(there.ContainsKey)
                .Select(name => new ConfigurationChange(Prefix + name, null, null) { IsSecret = true, IsDangerous = true, Remark = "It is removed, as 'removeSecrets' says; a function that reads it finds nothing." }),
        ];
    }

    /// <summary>Names that the project has, nobody declared, and nobody said to remove.</summary>
    public async Task<IReadOnlyList<string>> FindOrphansAsync(CancellationToken cancellationToken) =>
    [
        .. (await ListAsync(cancellationToken).ConfigureAwait(false)).Keys
            .Where(name => !environment.Cloud.Secrets.ContainsKey(name) && !environment.Cloud.RemoveSecrets.Contains(name))
            .Order(StringComparer.Ordinal),
    ];

    public async Task ApplyAsync(IReadOnlyList<ConfigurationChange> changes, IProgressSink sink, CancellationToken cancellationToken)
    {
        string[] names = [.. changes.Select(change => change.Key[Prefix.Length..])];
        NewCloudSecret[] set = [.. names.Where(environment.Cloud.Secrets.ContainsKey).Select(name => new NewCloudSecret(name, environment.Cloud.Secrets[name]))];
        string[] remove = [.. names.Where(environment.Cloud.RemoveSecrets.Contains)];
        if (set.Length > 0)
        {
            sink.Publish(new Detail($"Setting the secrets {string.Join(", ", set.Select(secret => secret.Name))}."));
            await api.SetSecretsAsync(set, cancellationToken).ConfigureAwait(false);
        }

        if (remove.Length > 0)
        {
            sink.Publish(new Detail($"Removing the secrets {string.Join(", ", remove)}."));
            await api.DeleteSecretsAsync(remove, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The secrets that are not there, or still there, against what was to be changed about them.</summary>
    public async Task<IReadOnlyList<string>> FindUnappliedAsync(IReadOnlyList<ConfigurationChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return [];
        }

        Dictionary<string, string> there = await ListAsync(cancellationToken).ConfigureAwait(false);
        return [.. changes.Select(change => change.Key[Prefix.Length..]).Where(name => environment.Cloud.Secrets.TryGetValue(name, out Secret? value)
            ? !there.TryGetValue(name, out string? shown) || IsOther(shown, value)
            : environment.Cloud.RemoveSecrets.Contains(name) && there.ContainsKey(name))];
    }

    /// <summary>By name, as the platform shows them. What it set itself is left out.</summary>
    private async Task<Dictionary<string, string>> ListAsync(CancellationToken cancellationToken) =>
        (await api.ListSecretsAsync(cancellationToken).ConfigureAwait(false))
            .Where(secret => !secret.Name.StartsWith(Reserved, StringComparison.Ordinal))
            .ToDictionary(secret => secret.Name, secret => secret.Value, StringComparer.Ordinal);

    private bool IsOther(string shown, Secret value) =>
        SettingSecrets.LooksLikeDigest(shown) && !SettingSecrets.IsDigest(shown, environment.ProjectReference!, value);
}
