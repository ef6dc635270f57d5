using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the ids of an environment's backups, newest first, after the word <c>latest</c>.</summary>
public sealed class BackupCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string prefix = wordToComplete.Trim('\'', '"');
        string? environment = EnvironmentReference.From(First(fakeBoundParameters["Environment"]))?.Name;
        IEnumerable<CompletionResult> latest = "latest".StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            ? [new CompletionResult("latest", "latest", CompletionResultType.ParameterValue, "The newest backup")]
            : [];
        return latest.Concat(Backups(fakeBoundParameters["Project"] as string, environment)
            .Where(backup => backup.Id.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(backup => new CompletionResult(backup.Id, backup.Id, CompletionResultType.ParameterValue, Describe(backup))));
    }

    private static string Describe(DeploymentBackup backup) =>
        $"{backup.Environment}, {backup.Rows} rows, release {backup.Release?[..12] ?? "none"}, {backup.LastDrill?.ToString() ?? "never restored"}";

    private static object? First(object? value) => value is IEnumerable and not string ? ((IEnumerable)value).Cast<object?>().FirstOrDefault() : value;

    private static IEnumerable<DeploymentBackup> Backups(string? project, string? environment)
    {
        try
        {
            using IDisposable quiet = new SecretLookup { IsQuiet = true }.Enter(CancellationToken.None);
            DeploymentPipeline pipeline = DeploymentPipeline.Load(ProjectLocator.FindForCompletion(project));
            return [.. pipeline.Resolve(environment ?? "*").SelectMany(resolved => new BackupStore(resolved).List(NullProgressSink.Instance))];
        }
        catch (Exception e) when (e is DeployException or IOException or UnauthorizedAccessException)
        {
            return []; // Tab never shows an error: Get-DeploymentBackup does.
        }
    }
}
