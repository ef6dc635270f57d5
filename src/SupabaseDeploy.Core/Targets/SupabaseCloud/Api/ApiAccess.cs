using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>How to reach the Management API.</summary>
/// <param name="BaseAddress">Its address.</param>
/// <param name="Token">The access token; goes into the header <c>Authorization</c> and nowhere else.</param>
internal sealed record ApiAccess(Uri BaseAddress, Secret Token)
{
    /// <summary>The variable the platform's own tools read the token from.</summary>
    public const string TokenVariable = "SUPABASE_ACCESS_TOKEN";

    /// <summary>The platform's address.</summary>
    public static readonly Uri PublicAddress = new("https://api.supabase.com/");

    /// <summary>What an environment declares, else the platform's address and the variable.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ApiTokenMissing"/>.</exception>
    public static ApiAccess Of(DeploymentEnvironment environment)
    {
        return new ApiAccess(environment.Cloud.Api ?? PublicAddress, FindToken(environment) ?? throw new DeployException(
            ErrorTable.ApiTokenMissing,
            $"Environment '{environment}' cannot be worked on: there is no access token for the Management API.",
            $"Set {TokenVariable}, or 'accessToken: ${{secret:NAME}}' of the stage, to a token from https://supabase.com/dashboard/account/tokens.",
            environment.Name));
    }

    /// <summary>True when there is a token, good or not.</summary>
    public static bool HasToken(DeploymentEnvironment environment) => FindToken(environment) is not null;

    private static Secret? FindToken(DeploymentEnvironment environment) => environment.Cloud.AccessToken
        ?? (System.Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } value ? new Secret(value) : null);
}
