using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the names of <c>env/pipeline.yml</c>'s stages.</summary>
public sealed class EnvironmentCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string? project = fakeBoundParameters["Project"] as string;
        var pattern = new WildcardPattern(wordToComplete.Trim('\'', '"') + "*", WildcardOptions.IgnoreCase);
        return StageNames(project)
            .Where(name => pattern.IsMatch(name))
            .Select(name => new CompletionResult(name, name, CompletionResultType.ParameterValue, $"Environment {name}"));
    }

    private static IReadOnlyList<string> StageNames(string? project)
    {
        try
        {
            return DeploymentPipeline.Load(ProjectLocator.FindForCompletion(project)).StageNames;
        }
        catch (DeployException)
        {
            return []; // Tab never shows an error: Test-Environment does.
        }
    }
}
