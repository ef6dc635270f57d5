namespace SupabaseDeploy.Environments;

/// <summary>Collects what is wrong with one file, so that everything is reported at once.</summary>
internal sealed class ProblemList(string file)
{
    private readonly List<ConfigurationProblem> _problems = [];

    public IReadOnlyList<ConfigurationProblem> Problems => _problems;

    public bool HasErrors => _problems.Exists(problem => problem.Severity == ConfigurationSeverity.Error);

    /// <summary>From the top of the file to its end, each with the environment it belongs to.</summary>
    public IEnumerable<ConfigurationProblem> InOrder(Func<ConfigurationProblem, string?> environment) =>
        _problems.OrderBy(problem => problem.Line).Select(problem => problem with { Environment = environment(problem) });

    public void Error(string path, int line, string message) => Add(path, line, ConfigurationSeverity.Error, message);

    public void Warning(string path, int line, string message) => Add(path, line, ConfigurationSeverity.Warning, message);

    /// <summary>Checks the form of the references in a text that may hold some.</summary>
    /// <returns>The text; null when there is none, or it cannot be used.</returns>
    public Written<string>? Referable(Written<string>? text) => Checked(text, Reference.FormProblem);

    /// <summary>The same for a text that is shown.</summary>
    public Written<string>? Public(Written<string>? text) => Checked(text, Reference.PublicProblem);

    private Written<string>? Checked(Written<string>? text, Func<string, string?> problemOf)
    {
        if (text is not null && problemOf(text.Value) is { } problem)
        {
            Error(text.Path, text.Line, problem);
            return null;
        }

        return text;
    }

    private void Add(string path, int line, ConfigurationSeverity severity, string message) =>
        _problems.Add(new ConfigurationProblem { File = file, Path = path, Line = line, Severity = severity, Message = message });
}
