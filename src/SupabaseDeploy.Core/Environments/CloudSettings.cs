namespace SupabaseDeploy.Environments;

/// <summary>What a stage of target <c>supabase-cloud</c> declares beside its project and database.</summary>
public sealed record CloudSettings
{
    /// <summary>The access token for the Management API; null for that of the variable <c>SUPABASE_ACCESS_TOKEN</c>.</summary>
    public Secret? AccessToken { get; init; }

    /// <summary>Address of the Management API; null for the platform's.</summary>
    public Uri? Api { get; init; }
}
