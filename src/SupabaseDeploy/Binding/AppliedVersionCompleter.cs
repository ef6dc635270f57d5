using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Completes the versions that are applied to the database of the command line, newest first; nothing when it does not answer at once.</summary>
public sealed class AppliedVersionCompleter : IArgumentCompleter
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var pattern = new WildcardPattern(wordToComplete.Trim('\'', '"') + "*", WildcardOptions.IgnoreCase);
        ProjectFolder project = ProjectLocator.FindForCompletion((fakeBoundParameters["Path"] ?? fakeBoundParameters["Project"]) as string);
        return Applied(project, Text(fakeBoundParameters["DatabaseUrl"]), Text(fakeBoundParameters["Environment"]))
            .Reverse()
            .Where(row => pattern.IsMatch(row.Version))
            .Select(row => new CompletionResult(row.Version, $"{row.Version} {row.Name}".TrimEnd(), CompletionResultType.ParameterValue, $"Go back to {row.Version} {row.Name}".TrimEnd()));
    }

    private static IReadOnlyList<AppliedVersion> Applied(ProjectFolder project, string? url, string? environment)
    {
        try
        {
            // Tab has a pipeline thread of its own to wait on, and there is nobody who could stop it: hence the limit.
            using var limit = new CancellationTokenSource(s_patience);
            using IDisposable quiet = new SecretLookup { IsQuiet = true }.Enter(limit.Token);
            return Task.Run(() => ReadAsync(project, url, environment, limit.Token), limit.Token).WaitAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is DeployException or NpgsqlException or OperationCanceledException)
        {
            return []; // Tab never shows an error: Undo-Migration does.
        }
    }

    private static async Task<IReadOnlyList<AppliedVersion>> ReadAsync(ProjectFolder project, string? url, string? environment, CancellationToken cancellationToken)
    {
        DatabaseAddress address = url is not null
            ? DatabaseAddress.Parse(url)
            : await StageAsync(project, environment, cancellationToken).ConfigureAwait(false);
        NpgsqlConnection connection = await (address with { ConnectTimeout = s_patience }).OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }

    private static Task<DatabaseAddress> StageAsync(ProjectFolder project, string? environment, CancellationToken cancellationToken)
    {
        var pipeline = DeploymentPipeline.Load(project);
        return new DeploymentTargets().ForDatabase(pipeline.Resolve(environment ?? pipeline.StageNames[0])[0]).GetDatabaseAsync(cancellationToken);
    }

    private static string? Text(object? bound) => bound switch
    {
        object[] several => several.Length > 0 ? Text(several[0]) : null,
        PSObject wrapped => Text(wrapped.BaseObject),
        _ => bound?.ToString(),
    };
}
