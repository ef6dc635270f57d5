using System.Text;

namespace SupabaseDeploy.Environments;

/// <summary>Gives the values of references, from the process's environment, the places of secrets and files.</summary>
internal sealed class ReferenceValues(ProjectFolder project, SecretSettings secrets)
{
    private readonly SecretStore _secrets = new(project, secrets);

    /// <summary>Where secrets are looked for.</summary>
    public SecretSettings SecretSources { get; } = secrets;

    /// <summary>Where each secret that was found came from, by name.</summary>
    public IReadOnlyList<SecretOrigin> SecretOrigins => _secrets.Origins;

    /// <summary>The text with every reference replaced; null with the reasons when one has no usable value.</summary>
    public (string? Text, IReadOnlyList<string> Problems) Resolve(string text)
    {
        var resolved = new StringBuilder();
        var problems = new List<string>();
        foreach ((string? literal, Reference? reference, _) in Reference.Parts(text))
        {
            if (reference is null)
            {
                resolved.Append(literal);
                continue;
            }

            (string? value, string? problem) = Value(reference);
            resolved.Append(value);
            if (problem is not null)
            {
                problems.Add($"'{reference}' has no value: {problem}");
            }
        }

        return problems.Count == 0 ? (resolved.ToString(), []) : (null, problems);
    }

    private (string? Value, string? Problem) Value(Reference reference) => reference.Source switch
    {
        ReferenceSource.Variable => Variable(reference.Name) is { } value
            ? (value, null)
            : (null, $"the environment variable '{reference.Name}' is not set."),
        ReferenceSource.Secret => FromStore(reference.Name),
        _ => FromFile(reference.Name),
    };

    private (string? Value, string? Problem) FromStore(string name)
    {
        (Secret? secret, string? problem) = _secrets.Find(name);
        return (secret?.Reveal(), problem);
    }

    private (string? Value, string? Problem) FromFile(string path)
    {
        SecretAnswer answer = FileSecrets.Read(Path.Combine(project.Root, path), path);
        return answer.Value is { } value ? (value.Reveal(), null) : (null, answer.Reason + ".");
    }

    private static string? Variable(string name) =>
        System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
