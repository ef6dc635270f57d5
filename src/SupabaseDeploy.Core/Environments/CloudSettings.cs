namespace SupabaseDeploy.Environments;

/// <summary>What a stage of target <c>supabase-cloud</c> declares beside its project and database.</summary>
public sealed record CloudSettings
{
    /// <summary>The access token for the Management API; null for that of the variable <c>SUPABASE_ACCESS_TOKEN</c>.</summary>
    public Secret? AccessToken { get; init; }

    /// <summary>Address of the Management API; null for the platform's.</summary>
    public Uri? Api { get; init; }

    /// <summary>File of the certificate authority that the database's certificate is verified with, absolute; null for the system's store.</summary>
    public string? Certificate { get; init; }

    /// <summary>The secrets of the edge functions, by name.</summary>
    public IReadOnlyDictionary<string, Secret> Secrets { get; init; } = new Dictionary<string, Secret>();

    /// <summary>Names of secrets that are to go.</summary>
    public IReadOnlyList<string> RemoveSecrets { get; init => field = value.ToArray(); } = [];

    /// <summary>Where the web bundle goes; null when the stage serves none.</summary>
    public HostingSettings? Hosting { get; init; }
}

/// <summary>Where a stage's web bundle goes: a bucket of the project's storage, or a command of the user's.</summary>
public sealed record HostingSettings
{
    /// <summary>The storage bucket; null for a command.</summary>
    public string? Bucket { get; init; }

    /// <summary>Program and arguments; <c>{bundle}</c> in an argument stands for the folder of the bundle. Empty for a bucket.</summary>
    public IReadOnlyList<string> Command { get; init => field = value.ToArray(); } = [];

    /// <summary>Variables that the command needs, beside the few that every child gets.</summary>
    public IReadOnlyDictionary<string, Secret> Variables { get; init; } = new Dictionary<string, Secret>();

    /// <summary>Where the bundle is served, ending with a slash; null for the bucket's own public address.</summary>
    public Uri? Url { get; init; }
}
