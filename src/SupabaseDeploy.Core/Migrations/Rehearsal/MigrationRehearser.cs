using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Runs pending migrations on a shadow database, a statement at a time, and says what each did and what that means for the environment,
/// from which it only reads history and statistics.
/// </summary>
/// <param name="shadows">Where shadow databases come from; the usual ones when null.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class MigrationRehearser(ShadowDatabases? shadows = null, TimeProvider? time = null)
{
    private readonly ShadowDatabases _shadows = shadows ?? new ShadowDatabases();
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Rehearses; the file that fails ends it, which is in the result and is not thrown.</summary>
    /// <param name="request">What to rehearse.</param>
    /// <param name="report">Is given each statement, in order, when its file is done.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Leaves nothing behind.</param>
    /// <exception cref="DeployException">A file cannot be read or run safely, the files before do not apply, or the database cannot be asked.</exception>
    public async Task<RehearsalSummary> RehearseAsync(
        RehearsalRequest request, Action<StatementRehearsal> report, IProgressSink sink, CancellationToken cancellationToken)
    {
        DateTimeOffset startedAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        IReadOnlyList<MigrationFile> files = MigrationFolder.Read(request.Folder, sink);
        (IReadOnlyList<MigrationFile> pending, EnvironmentStatistics? statistics) = await AskAsync(request, files, sink, cancellationToken).ConfigureAwait(false);
        MigrationFile[] asked = [.. request.Select(files, pending)];
        foreach (MigrationFile file in asked)
        {
            await SqlScript.ReadAsync(file.Path, cancellationToken).ConfigureAwait(false);
        }

        var written = new List<StatementRehearsal>();
        if (asked.Length == 0)
        {
            sink.Publish(new Notice($"There is nothing to rehearse for '{request.Environment}': no migration is pending."));
        }
        else
        {
            MigrationFile[] chain = [.. files.Where(file => string.CompareOrdinal(file.Version, asked[0].Version) < 0)];
            await RehearseAsync(request, chain, asked, statistics, statement => { written.Add(statement); report(statement); }, sink, cancellationToken).ConfigureAwait(false);
        }

        string? failedFile = written.FirstOrDefault(statement => statement.Failure is not null)?.Path;
        MigrationFile[] rehearsed = failedFile is null ? asked : [.. asked.TakeWhile(file => file.Path != failedFile), asked.First(file => file.Path == failedFile)];
        return new RehearsalSummary
        {
            Environment = request.Environment,
            Files = rehearsed,
            Statements = written.Count,
            Risk = written.Select(statement => statement.Risk).DefaultIfEmpty().Max(),
            Risks = [.. written.SelectMany(statement => statement.Risks.Where(risk => risk.Risk >= RehearsalRisk.Medium).Select(risk => $"{statement}: {risk.Message}"))],
            Failure = written.FirstOrDefault(statement => statement.Failure is not null)?.Failure,
            ChainHash = await ChainHash.OfAsync(rehearsed.Length == 0 ? files : files.TakeWhile(file => file != rehearsed[^1]).Append(rehearsed[^1]), cancellationToken).ConfigureAwait(false),
            StartedAt = startedAt,
            Duration = _time.GetElapsedTime(start),
        };
    }

    /// <summary>What is pending and how big the tables are. Only reads.</summary>
    private static async Task<(IReadOnlyList<MigrationFile> Pending, EnvironmentStatistics? Statistics)> AskAsync(
        RehearsalRequest request, IReadOnlyList<MigrationFile> files, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (request.Database is null)
        {
            return (files, null);
        }

        NpgsqlConnection connection = await request.Database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            IReadOnlyList<AppliedVersion> history = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            var plan = MigrationPlan.Make(files, history);
            plan.Check(history, sink);
            return (plan.Pending, await EnvironmentStatistics.ReadAsync(connection, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task RehearseAsync(
        RehearsalRequest request,
        MigrationFile[] chain,
        MigrationFile[] asked,
        EnvironmentStatistics? statistics,
        Action<StatementRehearsal> report,
        IProgressSink sink,
        CancellationToken cancellationToken)
    {
        using var progress = new FileProgress($"Rehearse {request.Environment.Name}", "Rehearsing", asked.Length, sink, _time);
        var assessment = new RiskAssessment(statistics);
        ShadowDatabase shadow = await _shadows.OpenAsync(chain, sink, cancellationToken).ConfigureAwait(false);
        await using (shadow.ConfigureAwait(false))
        {
            RehearsalSession session = await RehearsalSession.OpenAsync(shadow.Application, shadow.Administration, sink, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                foreach (MigrationFile file in asked)
                {
                    progress.Next(file.FileName);
                    SqlScript script = await SqlScript.ReadAsync(file.Path, cancellationToken).ConfigureAwait(false);
                    FileObservation observed = await FileRehearsal.RunAsync(session, file, script, _time, cancellationToken).ConfigureAwait(false);
                    foreach (StatementRehearsal statement in FileReport.Make(request.Environment, observed, assessment))
                    {
                        report(statement);
                    }

                    if (observed.Failure is not null)
                    {
                        return;
                    }
                }
            }
        }
    }
}
