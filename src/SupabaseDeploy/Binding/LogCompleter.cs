using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the names of services that write logs: those that the engines of the named stacks have.</summary>
public sealed class LogCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ProjectFolder project = ProjectLocator.FindForCompletion(fakeBoundParameters["Project"] as string);
        string prefix = wordToComplete.Trim('\'', '"');
        return Environments(project, fakeBoundParameters["Environment"])
            .SelectMany(environment => StackLogs.NamesOf(project, environment))
            .Distinct()
            .Where(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionResult(name, name, CompletionResultType.ParameterValue, $"The log of '{name}'"));
    }

    private static IEnumerable<string> Environments(ProjectFolder project, object? named)
    {
        List<string> given = [.. LanguagePrimitives.ConvertTo<string[]>(named) ?? []];
        if (given.Count > 0 && !given.Any(WildcardPattern.ContainsWildcardCharacters))
        {
            return given;
        }

        try
        {
            return DeploymentPipeline.Load(project).StagesOf(TargetKind.Local);
        }
        catch (DeployException)
        {
            return []; // Tab never shows an error: Test-Environment does.
        }
    }
}
