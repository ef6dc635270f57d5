using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Environments;

/// <summary>How bad a finding about a configuration file is, in order.</summary>
public enum ConfigurationSeverity
{
    /// <summary>Nothing is wrong.</summary>
    Ok,

    /// <summary>It can be used, but something in it will not have the effect one may expect.</summary>
    Warning,

    /// <summary>It cannot be used.</summary>
    Error,
}

/// <summary>One thing that is wrong in a configuration file, and where.</summary>
public sealed record ConfigurationProblem
{
    /// <summary>The file, relative to the project, with forward slashes: <c>env/pipeline.yml</c>.</summary>
    public required string File { get; init; }

    /// <summary>The place inside the file: <c>stages[1].target</c>; empty for the file as a whole.</summary>
    public required string Path { get; init; }

    /// <summary>Line, from 1; 0 for the file as a whole.</summary>
    public required int Line { get; init; }

    /// <summary>How bad it is.</summary>
    public required ConfigurationSeverity Severity { get; init; }

    /// <summary>The value in single quotes (never a secret's), what is wrong with it and what was expected.</summary>
    public required string Message { get; init; }

    /// <summary>The environment it belongs to; null when it belongs to all of them.</summary>
    public string? Environment { get; init; }

    /// <summary><c>env/pipeline.yml:7: stages[1].target: 'dokcer' is not …</c></summary>
    public override string ToString() =>
        $"{File}{(Line > 0 ? $":{Line}" : "")}: {(Path.Length > 0 ? $"{Path}: " : "")}{Message}";
}

/// <summary>Configuration that cannot be used, with everything that is wrong with it.</summary>
public sealed class ConfigurationException : DeployException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">The row of <see cref="ErrorTable"/>.</param>
    /// <param name="problems">At least one error; warnings are left out of the message.</param>
    /// <param name="remedy">What to do next, starting with a verb.</param>
    public ConfigurationException(ErrorCode code, IReadOnlyList<ConfigurationProblem> problems, string remedy)
        : base(code, MessageOf([.. problems.Where(problem => problem.Severity == ConfigurationSeverity.Error)]), remedy, problems[0].File)
    {
        Problems = problems;
    }

    /// <summary>Everything that is wrong, in the order of the files.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems { get; }

    private static string MessageOf(IReadOnlyList<ConfigurationProblem> errors) =>
        errors.Count == 1
            ? errors[0].ToString()
            : $"The configuration has {errors.Count} problems:{string.Concat(errors.Select(error => "\n  " + error))}";
}
