using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the names of services that a stack can run.</summary>
public sealed class ServiceCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string prefix = wordToComplete.Trim('\'', '"');
        return ServiceChoice.Names
            .Where(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionResult(name, name, CompletionResultType.ParameterValue, $"Service '{name}'"));
    }
}
