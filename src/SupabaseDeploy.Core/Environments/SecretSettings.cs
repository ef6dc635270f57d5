namespace SupabaseDeploy.Environments;

/// <summary>Where <c>${secret:NAME}</c> is looked for beside the process's environment and <c>.supabase-deploy/secrets</c>.</summary>
public sealed record SecretSettings
{
    /// <summary>What stands for the secret's name in an argument of <see cref="Command"/>.</summary>
    public const string Placeholder = "{name}";

    /// <summary>Program and arguments that write the value to standard output; empty for none.</summary>
    public IReadOnlyList<string> Command { get; init => field = value.ToArray(); } = [];

    /// <summary>How long the command may take for one secret.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The vault of <c>Microsoft.PowerShell.SecretManagement</c>; null for none.</summary>
    public string? Vault { get; init; }

    internal static SecretSettings From(WrittenSecrets? written)
    {
        var settings = new SecretSettings { Command = [.. written?.Command.Select(argument => argument.Value) ?? []], Vault = written?.Vault?.Value };
        return written?.Timeout is { } timeout ? settings with { Timeout = timeout.Value } : settings;
    }
}

/// <summary>Where the value of one secret came from.</summary>
/// <param name="Name">The name in <c>${secret:NAME}</c>.</param>
/// <param name="Source"><c>environment</c>, <c>file</c>, <c>command</c> or <c>vault</c>.</param>
public sealed record SecretOrigin(string Name, string Source)
{
    /// <summary><c>STAGING_DATABASE_URL (environment)</c>.</summary>
    public override string ToString() => $"{Name} ({Source})";
}
