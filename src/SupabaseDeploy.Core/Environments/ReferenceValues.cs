using System.Text;

namespace SupabaseDeploy.Environments;

/// <summary>Gives the values of references, from the process's environment, the secrets folder and files.</summary>
internal sealed class ReferenceValues(ProjectFolder project)
{
    private const UnixFileMode OthersMayRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

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
        ReferenceSource.Secret => Secret(reference.Name),
        _ => FromFile(Path.Combine(project.Root, reference.Name), reference.Name),
    };

    private (string? Value, string? Problem) Secret(string name)
    {
        if (Variable(name) is { } value)
        {
            return (value, null);
        }

        string path = project.SecretFile(name);
        string shown = Path.GetRelativePath(project.Root, path).Replace('\\', '/');
        if (!File.Exists(path))
        {
            return (null, $"the environment variable '{name}' is not set and there is no file '{shown}'.");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMayRead) != 0)
        {
            return (null, $"others may read the file '{shown}'; make it yours alone with 'chmod 600'.");
        }

        return FromFile(path, shown);
    }

    private static (string? Value, string? Problem) FromFile(string path, string shown)
    {
        try
        {
            string text = File.ReadAllText(path).TrimEnd('\r', '\n');
            return text.Length > 0 ? (text, null) : (null, $"the file '{shown}' is empty.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, $"there is no file '{shown}'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"the file '{shown}' cannot be read.");
        }
    }

    private static string? Variable(string name) =>
        System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
