using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations.Rules;

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
    /// <param name="write">Is given each statement in order, when all is done: what a file makes may matter to what is said of an earlier one.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Leaves nothing behind.</param>
    /// <exception cref="DeployException">A file cannot be read or run safely, the files before do not apply, or the database cannot be asked.</exception>
    public async Task<RehearsalSummary> RehearseAsync(
        RehearsalRequest request, Action<StatementRehearsal> write, IProgressSink sink, CancellationToken cancellationToken)
    {
        DateTimeOffset startedAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        var options = RuleOptions.Of(SupabaseConfiguration.Load(request.Environment.Project));
        IReadOnlyList<MigrationFile> files = MigrationFolder.Read(request.Folder, sink);
        (IReadOnlyList<MigrationFile> pending, EnvironmentStatistics? statistics) = await AskAsync(request, files, sink, cancellationToken).ConfigureAwait(false);
        MigrationFile[] asked = [.. request.Select(files, pending)];
        foreach (MigrationFile file in asked)
        {
            await SqlScript.ReadMigrationAsync(file.Path, cancellationToken).ConfigureAwait(false);
        }

        if (asked.Length == 0)
        {
            sink.Publish(new Notice($"There is nothing to rehearse for '{request.Environment}': no migration is pending."));
            return await SummarizeAsync(request, files, [], [], statistics, startedAt, start, cancellationToken).ConfigureAwait(false);
        }

        HashSet<MigrationFile> later = [.. pending.Where(file => string.CompareOrdinal(file.Version, asked[0].Version) >= 0)];
        MigrationFile[] chain = [.. files.Where(file => !later.Contains(file))];
        (FileObservation[] observed, IReadOnlyList<RuleFinding> findings) = await ObserveAsync(request, options, chain, asked, sink, cancellationToken).ConfigureAwait(false);
        MigrationFile[] rehearsed = [.. observed.Select(file => file.File)];
        IReadOnlyList<DownProof> downs = request.SkipDown
            ? []
            : await new DownProver(_shadows, _time).ProveAsync(
                [.. chain, .. asked], [.. observed.Where(file => file.Failure is null).Select(file => file.File.Version)], request.Environment.Project, sink, cancellationToken).ConfigureAwait(false);
        var report = new FileReport(request.Environment, new RiskAssessment(statistics), findings, downs);
        StatementRehearsal[] statements = [.. observed.SelectMany(report.Make)];
        foreach (StatementRehearsal statement in statements)
        {
            write(statement);
        }

        return await SummarizeAsync(request, [.. chain, .. rehearsed], statements, rehearsed, statistics, startedAt, start, cancellationToken).ConfigureAwait(false) with { Downs = downs };
    }

    private async Task<RehearsalSummary> SummarizeAsync(
        RehearsalRequest request,
        IReadOnlyList<MigrationFile> chain,
        StatementRehearsal[] statements,
        MigrationFile[] rehearsed,
        EnvironmentStatistics? statistics,
        DateTimeOffset startedAt,
        long start,
        CancellationToken cancellationToken) => new()
        {
            Environment = request.Environment,
            Files = rehearsed,
            Statements = statements.Length,
            Risk = statements.Select(statement => statement.Risk).DefaultIfEmpty().Max(),
            Risks = [.. statements.SelectMany(statement => statement.Risks.Where(risk => risk.Risk >= RehearsalRisk.Medium).Select(risk => $"{statement}: {risk.Message}"))],
            Locks = [.. statements.SelectMany(statement => BlockingLock.Of(statement, statistics))],
            Expected = statements.Aggregate(TimeSpan.Zero, (sum, statement) => sum + statement.Duration + (statement.Estimate?.AtMost ?? TimeSpan.Zero)),
            Failure = statements.FirstOrDefault(statement => statement.Failure is not null)?.Failure,
            ChainHash = await ChainHash.OfAsync(chain, cancellationToken).ConfigureAwait(false),
            StartedAt = startedAt,
            Duration = _time.GetElapsedTime(start),
        };

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
            MigrationPlan plan = await MigrationPlan.ReadAsync(connection, files, cancellationToken).ConfigureAwait(false);
            var run = new MigrationRequest
            {
                Environment = request.Environment, Database = request.Database, Folder = request.Folder, IncludeOutOfOrder = request.IncludeOutOfOrder,
            };
            plan.Check(run, sink);
            return (plan.Pending, await EnvironmentStatistics.ReadAsync(connection, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Runs the files until one fails, and checks by rules those that ran.</summary>
    private async Task<(FileObservation[] Files, IReadOnlyList<RuleFinding> Findings)> ObserveAsync(
        RehearsalRequest request, RuleOptions options, MigrationFile[] chain, MigrationFile[] asked, IProgressSink sink, CancellationToken cancellationToken)
    {
        using var progress = new FileProgress($"Rehearse {request.Environment.Name}", "Rehearsing", asked.Length, sink, _time);
        ShadowDatabase shadow = await _shadows.OpenAsync(chain, sink, cancellationToken).ConfigureAwait(false);
        await using (shadow.ConfigureAwait(false))
        {
            RehearsalSession session = await RehearsalSession.OpenAsync(shadow.Application, shadow.Administration, sink, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                SchemaSnapshot before = await SchemaSnapshot.ReadAsync(session.Observer, cancellationToken).ConfigureAwait(false);
                var observed = new List<FileObservation>();
                foreach (MigrationFile file in asked)
                {
                    progress.Next(file.FileName);
                    SqlScript script = await SqlScript.ReadMigrationAsync(file.Path, cancellationToken).ConfigureAwait(false);
                    observed.Add(await FileRehearsal.RunAsync(session, file, script, _time, cancellationToken).ConfigureAwait(false));
                    if (observed[^1].Failure is not null)
                    {
                        break;
                    }
                }

                SchemaSnapshot after = await SchemaSnapshot.ReadAsync(session.Observer, cancellationToken).ConfigureAwait(false);
                RuleFile[] ran = [.. observed.Where(file => file.Failure is null).Select(file => new RuleFile(file.File.Path, file.Script.Text))];
                return ([.. observed], MigrationRules.Check(ran, options, before, after));
            }
        }
    }
}
