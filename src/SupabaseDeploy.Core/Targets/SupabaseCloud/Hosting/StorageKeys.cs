using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>The key that may write to a project's storage, asked of the Management API once and kept nowhere.</summary>
internal sealed class StorageKeys(ManagementApi api)
{
    private const string AddressVariable = "SUPABASE_URL";

    private Secret? _key;

    /// <summary>The project's own address: that of the application (<c>SUPABASE_URL</c> of <c>env/&lt;stage&gt;.json</c>), which may be a domain of one's own, else the platform's.</summary>
    public static Uri ProjectAddress(DeploymentEnvironment environment) =>
        environment.Variables.TryGetValue(AddressVariable, out string? own) && Uri.TryCreate(own.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
            ? address
            : new Uri($"https://{environment.ProjectReference}.supabase.co/");

    /// <summary>A secret key, else the older <c>service_role</c>.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ApiForbidden"/> or <see cref="ErrorTable.WebHostFailed"/>: there is none that this token may see.</exception>
    public async Task<Secret> FindAsync(CancellationToken cancellationToken)
    {
        if (_key is not null)
        {
            return _key;
        }

        IReadOnlyList<CloudApiKey> keys = await api.ListApiKeysAsync(isRevealed: true, cancellationToken).ConfigureAwait(false);
        CloudApiKey? key = keys.FirstOrDefault(key => key is { Type: "secret", ApiKey.IsEmpty: false }) ?? keys.FirstOrDefault(key => key is { Name: "service_role", ApiKey.IsEmpty: false });
        return _key = key?.ApiKey ?? throw new DeployException(
            ErrorTable.WebHostFailed,
            "The project has no secret API key that this token may read, so that nothing can be written to its storage.",
            "Make a secret key in the dashboard, and use a token that may read API keys.");
    }
}
