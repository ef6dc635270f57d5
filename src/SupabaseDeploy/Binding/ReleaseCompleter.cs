using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the ids of the project's releases: those on this machine, then those that the store tells of in time.</summary>
public sealed class ReleaseCompleter : IArgumentCompleter
{
    // A session's: the next Tab has what this one's store said too late.
    private static readonly ReleaseChoices s_choices = new();

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string prefix = wordToComplete.Trim('\'', '"');
        return Stored(fakeBoundParameters["Project"] as string)
            .Where(release => release.Id.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(release => new CompletionResult(
                Quoted(release.ShortId), release.ShortId, CompletionResultType.ParameterValue,
                $"{release.Application}, made {release.CreatedAt:yyyy-MM-dd HH:mm}Z, {release.Migrations.Count} migrations"));
    }

    // Ids like 123456789012 or 1234e5678901 are numbers to PowerShell when they are not quoted.
    private static string Quoted(string id) => char.IsAsciiDigit(id[0]) ? $"'{id}'" : id;

    private static IEnumerable<Releases.Release> Stored(string? project)
    {
        try
        {
            ProjectFolder found = ProjectLocator.FindForCompletion(project);
            using IDisposable quiet = new SecretLookup { IsQuiet = true }.Enter(CancellationToken.None);
            return Task.Run(() => s_choices.ListAsync(found, CancellationToken.None)).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is DeployException or IOException or UnauthorizedAccessException)
        {
            return []; // Tab never shows an error: Get-Release does.
        }
    }
}
