namespace SupabaseDeploy.Environments;

/// <summary>One place that may have the value of a secret.</summary>
internal interface ISecretSource
{
    /// <summary>The name people know it by: <c>environment</c>.</summary>
    string Name { get; }

    /// <summary>Asks for one secret.</summary>
    SecretAnswer Ask(string name);
}

/// <summary>Finds the value of <c>${secret:NAME}</c> in the first place that has it.</summary>
internal sealed class SecretStore
{
    private readonly IReadOnlyList<ISecretSource> _sources;
    private readonly Dictionary<string, SecretOrigin> _origins = new(StringComparer.Ordinal);

    public SecretStore(ProjectFolder project, SecretSettings settings)
    {
        SecretLookup lookup = SecretLookup.Current;
        List<ISecretSource> sources = [new EnvironmentSecrets(), new FileSecrets(project)];
        if (settings.Command.Count > 0)
        {
            sources.Add(new CommandSecrets(project, settings, lookup));
        }

        if (settings.Vault is { } vault)
        {
            sources.Add(new VaultSecrets(vault, lookup));
        }

        _sources = sources;
    }

    /// <summary>Where each secret that was found came from, by name.</summary>
    public IReadOnlyList<SecretOrigin> Origins => [.. _origins.Values.OrderBy(origin => origin.Name, StringComparer.Ordinal)];

    /// <summary>The value, or every place that was asked and what it said, in order.</summary>
    public (Secret? Value, string? Problem) Find(string name)
    {
        var reasons = new List<string>();
        foreach (ISecretSource source in _sources)
        {
            SecretAnswer answer = source.Ask(name);
            if (answer.Value is { } value)
            {
                _origins[name] = new SecretOrigin(name, source.Name);
                return (value, null);
            }

            if (answer.IsRefused)
            {
                return (null, answer.Reason + ".");
            }

            reasons.Add(answer.Reason);
        }

        return (null, $"{string.Join(", ", reasons.SkipLast(1))} and {reasons[^1]}.");
    }
}
