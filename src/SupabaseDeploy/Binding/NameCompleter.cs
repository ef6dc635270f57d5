using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes names that are known beforehand.</summary>
public abstract class NameCompleter : IArgumentCompleter
{
    /// <summary>The names.</summary>
    protected abstract IEnumerable<string> Names { get; }

    /// <summary>What is shown beside a name.</summary>
    protected abstract string Describe(string name);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string prefix = wordToComplete.Trim('\'', '"');
        return Names
            .Where(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionResult(name, name, CompletionResultType.ParameterValue, Describe(name)));
    }
}
