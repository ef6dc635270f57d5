using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Containers that the Supabase CLI runs, with our gateway in front of its own. What runs is asked of the CLI, which goes by the project's
/// name: a port alone could be another project's.
/// </summary>
internal sealed class SupabaseCliEngine(EngineContext context) : ILocalStackEngine
{
    // A command asks several times in a row, and each question takes the CLI a second or more.
    private static readonly TimeSpan s_believed = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(60);

    private readonly StackFolder _folder = context.Folder;
    private readonly string _project = context.Environment.Project.Root;
    private readonly SupabaseCliProgram _cli = new(context.Environment.Project, context.FindProgram);
    private (long At, SupabaseCliStatus? Status, string? Failure)? _seen;

    public LocalStackEngine Kind => LocalStackEngine.SupabaseCli;

    public static IReadOnlyList<string> AllLogNames { get; } = [.. SupabaseCliServices.Names, GatewayService.ServiceName, LogFiles.Access];

    public IReadOnlyList<string> LogNames => AllLogNames;

    public string Host => $"127.0.0.1:{SupabaseCliServices.DatabasePort(context.Configuration)}";

    public async Task<EngineObservation> ObserveAsync(CancellationToken cancellationToken)
    {
        (SupabaseCliStatus? status, string? failure) = await LookAsync(cancellationToken).ConfigureAwait(false);
        LocalService gateway = await Gateway().GetAsync(cancellationToken).ConfigureAwait(false);
        return new EngineObservation
        {
            Services = [.. SupabaseCliServices.Of(status, context.Configuration, context.Chosen, failure), .. context.HasGateway || gateway.IsRunning ? new[] { gateway } : []],
            Database = status?.Database,
            Url = gateway.IsRunning ? GatewayClient.Url(gateway.Port) : null,
            Keys = status?.Keys,
        };
    }

    public async Task<bool> StartAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        GatewayService gateway = Gateway();
        (SupabaseCliStatus? running, _) = await LookAsync(cancellationToken).ConfigureAwait(false);
        bool hadGateway = (await gateway.GetAsync(cancellationToken).ConfigureAwait(false)).IsRunning;
        bool isBegun = false;
        try
        {
            if (running is null)
            {
                isBegun = true;
                await AskAsync(SupabaseCliCommands.Start(_project, SupabaseCliServices.Excluded(context.Chosen)), sink, cancellationToken).ConfigureAwait(false);
            }
            else if (SupabaseCliServices.Of(running, context.Configuration, context.Chosen, failure: null).Any(service => !service.IsRunning))
            {
                sink.Publish(new Notice($"Not every service of '{context.Environment.Name}' runs, and the Supabase CLI adds none to those that do: run 'Stop-LocalStack {context.Environment.Name}', then start it again."));
            }

            if (await FindDatabaseAsync(cancellationToken).ConfigureAwait(false) is { } database)
            {
                await ResetLedger.BringBackAsync(context.Environment, database, context.Time, sink, cancellationToken).ConfigureAwait(false);
            }

            if (!context.HasGateway)
            {
                await gateway.StopAsync(cancellationToken).ConfigureAwait(false);
                return running is null;
            }

            await gateway.StartAsync(StackRecord.Read(_folder.StackFile)?.PortOf(GatewayService.ServiceName), sink, cancellationToken).ConfigureAwait(false);
            return running is null || !hadGateway;
        }
        catch (Exception e) when (isBegun && HasBegun(e))
        {
            await CleanUpAsync(sink).ConfigureAwait(false);
            throw;
        }
    }

    // Without the CLI or Docker nothing was begun, and nothing can be stopped either.
    public bool HasBegun(Exception failure) =>
        failure is not DeployException known || (known.Code != ErrorTable.SupabaseCliNotFound && known.Code != ErrorTable.SupabaseCliNeedsDocker);

    public async Task StopAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        await Gateway().StopAsync(cancellationToken).ConfigureAwait(false);
        await AskAsync(SupabaseCliCommands.Stop(_project, removeData: false), sink, cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        await Gateway().RemoveAsync(cancellationToken).ConfigureAwait(false);
        await AskAsync(SupabaseCliCommands.Stop(_project, removeData: true), sink, cancellationToken).ConfigureAwait(false);
    }

    public async Task<DatabaseAddress?> FindDatabaseAsync(CancellationToken cancellationToken) =>
        (await LookAsync(cancellationToken).ConfigureAwait(false)).Status?.Database;

    /// <summary>Supabase's image gives its superuser the password of <c>postgres</c>.</summary>
    public async Task<DatabaseAddress?> FindAdministrationAsync(CancellationToken cancellationToken) =>
        await FindDatabaseAsync(cancellationToken).ConfigureAwait(false) is { } database ? database with { User = "supabase_admin" } : null;

    public IAsyncEnumerable<LogLine> ReadLogsAsync(IReadOnlyList<string> services, int tail, bool follow, CancellationToken cancellationToken) =>
        new SupabaseCliLogs(context, ProjectId()).ReadAsync(services, tail, follow, cancellationToken);

    /// <summary>The CLI makes the new database in the old one's place.</summary>
    public async Task<ReplacedDatabase> ReplaceDatabaseAsync(ResetPlan plan, ResetRecord record, IProgressSink sink, CancellationToken cancellationToken) =>
        await new SupabaseCliReset(context, plan).RunAsync(
            record, (await FindDatabaseAsync(cancellationToken).ConfigureAwait(false))!, AskAsync, sink, cancellationToken).ConfigureAwait(false);

    /// <summary>Runs a command that changes what runs.</summary>
    private async Task AskAsync(IReadOnlyList<string> arguments, IProgressSink sink, CancellationToken cancellationToken)
    {
        _seen = null;
        await _cli.RunToSuccessAsync(arguments, sink, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What runs; null when nothing does, with the reason if that is anything but a stop.</summary>
    private async Task<(SupabaseCliStatus? Status, string? Failure)> LookAsync(CancellationToken cancellationToken)
    {
        if (_seen is { } seen && context.Time.GetElapsedTime(seen.At) < s_believed)
        {
            return (seen.Status, seen.Failure);
        }

        (SupabaseCliStatus? status, string? failure) = await AskStatusAsync(cancellationToken).ConfigureAwait(false);
        _seen = (context.Time.GetTimestamp(), status, failure);
        return (status, failure);
    }

    private async Task<(SupabaseCliStatus? Status, string? Failure)> AskStatusAsync(CancellationToken cancellationToken)
    {
        if (_cli.Find() is null)
        {
            return (null, "the Supabase CLI is not installed");
        }

        ProcessResult result = await _cli.RunAsync(SupabaseCliCommands.Status(_project), said: null, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode == 0)
        {
            return (SupabaseCliStatus.Parse(result.Output, result.Error), null);
        }

        string message = SupabaseCliProgram.MessageOf(result);
        return (null, message.Contains("No such container", StringComparison.OrdinalIgnoreCase) ? null : message);
    }

    private async Task CleanUpAsync(IProgressSink sink)
    {
        using var limit = new CancellationTokenSource(s_cleanupLimit, context.Time);
        try
        {
            await StopAsync(sink, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DeployException or OperationCanceledException)
        {
            sink.Publish(new Caution($"What 'supabase start' began in '{_project}' may run on, because it could not be stopped: {e.Message}"));
        }
    }

    /// <summary>What the CLI calls the project's containers by.</summary>
    private string ProjectId() => context.Configuration.Text("project_id") is { Length: > 0 } id ? id : Path.GetFileName(_project);

    private GatewayService Gateway() => new(_folder, context.Environment.Name, context.GatewayFolders, context.Time)
    {
        Plan = async (_, _, cancellationToken) =>
            (await LookAsync(cancellationToken).ConfigureAwait(false)).Status is { } status ? SupabaseCliServices.Plan(status) : ServicePlan.Empty,
    };
}
