using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the restore points of an environment's platform that can be gone back to, newest first; nothing when it does not answer at once.</summary>
public sealed class RestorePointCompleter : IArgumentCompleter
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string prefix = wordToComplete.Trim('\'', '"');
        object? given = fakeBoundParameters["Environment"];
        return Points(fakeBoundParameters["Project"] as string, EnvironmentReference.From(given is object[] several ? several.FirstOrDefault() : given)?.Name)
            .Where(point => point.Status == RestorePointStatus.Available && point.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Reverse()
            .Select(point => new CompletionResult(point.Name, point.Name, CompletionResultType.ParameterValue, point.CreatedAt is { } at ? $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : point.Name));
    }

    private static IReadOnlyList<RestorePoint> Points(string? project, string? environment)
    {
        try
        {
            // Tab has a pipeline thread of its own to wait on, and there is nobody who could stop it: hence the limit.
            ProjectFolder found = ProjectLocator.FindForCompletion(project);
            using var limit = new CancellationTokenSource(s_patience);
            using IDisposable quiet = new SecretLookup { IsQuiet = true }.Enter(limit.Token);
            return environment is null ? [] : Task.Run(() => ListAsync(found, environment, limit.Token), limit.Token).WaitAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is DeployException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return []; // Tab never shows an error: Restore-Deployment does.
        }
    }

    private static async Task<IReadOnlyList<RestorePoint>> ListAsync(ProjectFolder project, string environment, CancellationToken cancellationToken) =>
        new DeploymentTargets().For(DeploymentPipeline.Load(project).Resolve(environment)[0]).RestorePoints is { } points
            ? await points.ListAsync(cancellationToken).ConfigureAwait(false)
            : [];
}
