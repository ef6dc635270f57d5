using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the names of runtimes that can be installed.</summary>
public sealed class RuntimeCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string prefix = wordToComplete.Trim('\'', '"');
        var runtimes = new LocalRuntimes();
        return LocalRuntimes.Names
            .Where(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionResult(name, name, CompletionResultType.ParameterValue, runtimes.Describe(name)));
    }
}
