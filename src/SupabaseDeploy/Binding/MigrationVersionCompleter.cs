using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes versions of the project's migration files, newest first; the name is shown beside.</summary>
public sealed class MigrationVersionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var pattern = new WildcardPattern(wordToComplete.Trim('\'', '"') + "*", WildcardOptions.IgnoreCase);
        return Files(fakeBoundParameters["Path"] as string, fakeBoundParameters["Project"] as string)
            .Where(file => pattern.IsMatch(file.Version))
            .Reverse()
            .Select(file => new CompletionResult(file.Version, $"{file.Version} {file.Name}", CompletionResultType.ParameterValue, file.FileName));
    }

    private static IReadOnlyList<MigrationFile> Files(string? path, string? project)
    {
        try
        {
            Environments.ProjectFolder folder = ProjectLocator.Find(path ?? project, Directory.GetCurrentDirectory());
            return MigrationFolder.Read(path is null || Directory.Exists(folder.MigrationsFolder) ? folder.MigrationsFolder : folder.Root, NullProgressSink.Instance);
        }
        catch (DeployException)
        {
            return []; // Tab never shows an error: Get-Migration does.
        }
    }
}
