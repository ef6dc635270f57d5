using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Engine.Output;
using DbUp.Support;
using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations.Upgrade;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Brings a database to the state of a migrations folder, and back. Holds the lock of the database, reads every file before it runs the
/// first, gives each file one transaction with its history row (or runs those it has of its own), and reads the history again at the end.
/// </summary>
/// <param name="time">The clock; the system's when null.</param>
public sealed class MigrationRunner(TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Applies what is pending. When it fails or is cancelled, the file at work is rolled back and the ones before it stay.</summary>
    /// <exception cref="DeployException">With file, line, column and the line itself when the server refused a statement.</exception>
    public Task<MigrationRun> ApplyAsync(MigrationRequest request, IProgressSink sink, CancellationToken cancellationToken) =>
        WithLockAsync(request, $"migrate {request.Environment.Name}", sink, (session, guard) => ApplyAsync(request, session, guard, sink, cancellationToken), cancellationToken);

    /// <summary>
    /// Takes applied migrations back, newest first: each down script and the removal of the history row are one transaction.
    /// Nothing runs unless every version is applied and has a down script.
    /// </summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.MigrationNotUndoable"/>, or the server refused a statement.</exception>
    public Task<MigrationRun> UndoAsync(MigrationRequest request, IReadOnlyList<string> versions, IProgressSink sink, CancellationToken cancellationToken) =>
        WithLockAsync(request, $"undo migrations of {request.Environment.Name}", sink, (session, guard) => UndoAsync(request, versions, null, session, guard, sink, cancellationToken), cancellationToken);

    /// <summary>Carries out the plan of an undo, on the history for which it was made and on no other.</summary>
    internal Task<MigrationRun> UndoAsync(MigrationRequest request, UndoPlan plan, IProgressSink sink, CancellationToken cancellationToken)
    {
        string[] versions = [.. plan.Steps.Select(step => step.Migration.Version)];
        return WithLockAsync(
            request,
            $"undo migrations of {request.Environment.Name}",
            sink,
            (session, guard) => UndoAsync(request, versions, plan.History, session, guard, sink, cancellationToken),
            cancellationToken);
    }

    /// <summary>What <see cref="ApplyAsync(MigrationRequest, IProgressSink, CancellationToken)"/> would apply, with the same checks. Changes nothing and takes no lock.</summary>
    public async Task<IReadOnlyList<MigrationFile>> PlanAsync(MigrationRequest request, IProgressSink sink, CancellationToken cancellationToken)
    {
        request = request with { Files = request.Files ?? MigrationFolder.Read(request.Folder, sink) };
        NpgsqlConnection connection = await request.Database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await PlanAsync(request, connection, sink, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same on a connection that is there.</summary>
    internal static async Task<IReadOnlyList<MigrationFile>> PlanAsync(
        MigrationRequest request, NpgsqlConnection connection, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<MigrationFile> files = request.Files ?? MigrationFolder.Read(request.Folder, sink);
        await UnfinishedScript.EnsureNoneHalfUndoneAsync(
            await UnfinishedScript.VersionsAsync(connection, cancellationToken).ConfigureAwait(false), connection, cancellationToken).ConfigureAwait(false);
        return (await PlanAsync(request, connection, files, new JudgedScripts(), sink, cancellationToken).ConfigureAwait(false)).Pending;
    }

    private async Task<MigrationRun> ApplyAsync(
        MigrationRequest request, MigrationSession session, LockGuard guard, IProgressSink sink, CancellationToken cancellationToken)
    {
        DateTimeOffset startedAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        IReadOnlyList<MigrationFile> files = request.Files ?? MigrationFolder.Read(request.Folder, sink);
        await MigrationHistory.EnsureTableAsync(session.Connection, cancellationToken).ConfigureAwait(false);
        var judged = new JudgedScripts();
        MigrationPlan plan = await PlanAsync(request, session.Connection, files, judged, sink, cancellationToken).ConfigureAwait(false);
        (IReadOnlyList<AppliedVersion> history, IReadOnlyList<MigrationFile> pending) = (plan.History, plan.Pending);
        SqlScript? roles = request.IncludeRoles ? await RolesFile.ReadAsync(request.Environment.Project, sink, cancellationToken).ConfigureAwait(false) : null;
        IReadOnlyList<SeedFile> seeds = request.IncludeSeed ? await SeedsAsync(request, sink, cancellationToken).ConfigureAwait(false) : [];

        using var progress = new FileProgress($"Migrate {request.Environment.Name}", "Applying", pending.Count, sink, _time);
        var run = new FileRun(request, session, guard, sink, _time)
        {
            Begun = await BegunAsync(session.Connection, history, cancellationToken).ConfigureAwait(false),
        };
        await using ConfiguredAsyncDisposable watched = run.ConfigureAwait(false);
        var context = new UpgradeContext(files.ToDictionary(file => file.Version), judged, run, guard, progress, sink, _time);
        string? rolesFile = roles is null ? null : await RolesFile.ApplyAsync(session.Connection, run.Scripts, roles, sink, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<AppliedMigration> applied = await UpgradeAsync(context, session.Connection, history, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> seeded = await SeedHistory.ApplyAsync(session.Connection, run.Scripts, seeds, sink, cancellationToken).ConfigureAwait(false);
        await run.Scripts.ResetAsync(cancellationToken).ConfigureAwait(false);
        string[] expected = [.. history.Select(row => row.Version).Concat(pending.Select(file => file.Version))];
        IReadOnlyList<AppliedVersion> now = await VerifyAsync(session.Connection, expected, cancellationToken).ConfigureAwait(false);
        return Result(request, applied, now, startedAt, start) with { Seeds = seeded, Roles = rolesFile };
    }

    /// <summary>DbUp finds, orders and filters; it reports a failure in its result, from where it is thrown on.</summary>
    private static async Task<IReadOnlyList<AppliedMigration>> UpgradeAsync(
        UpgradeContext context, NpgsqlConnection connection, IReadOnlyList<AppliedVersion> history, CancellationToken cancellationToken)
    {
        var executor = new FileExecutor(context, cancellationToken);
        var configuration = new UpgradeConfiguration
        {
            ConnectionManager = new OneConnection(connection),
            Journal = new HistoryJournal(history, context.Files),
            ScriptExecutor = executor,
            ScriptNameComparer = new ScriptNameComparer(StringComparer.Ordinal),
            VariablesEnabled = false,
        };
        configuration.AddLog(new NoOpUpgradeLog());
        configuration.ScriptProviders.Add(new FolderScriptProvider([.. context.Files.Values]));
        var engine = new UpgradeEngine(configuration);

        // DbUp is synchronous. The token is the executor's: abandoning the thread would leave the transaction open.
        DatabaseUpgradeResult result = await Task.Run(engine.PerformUpgrade, CancellationToken.None).ConfigureAwait(false);
        if (!result.Successful)
        {
            ExceptionDispatchInfo.Throw(result.Error);
        }

        return executor.Applied;
    }

    private async Task<MigrationRun> UndoAsync(
        MigrationRequest request,
        IReadOnlyList<string> versions,
        IReadOnlyList<string>? planned,
        MigrationSession session,
        LockGuard guard,
        IProgressSink sink,
        CancellationToken cancellationToken)
    {
        DateTimeOffset startedAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        IReadOnlyList<AppliedVersion> history = await MigrationHistory.ReadAsync(session.Connection, cancellationToken).ConfigureAwait(false);
        UndoOrder.EnsureAsPlanned(history, planned);
        IReadOnlyList<MigrationFile> files = UndoOrder.Make(request.Files ?? MigrationFolder.Read(request.Folder, sink), history, versions);
        foreach (MigrationFile file in files)
        {
            await SqlScript.ReadAsync(file.DownPath!, cancellationToken).ConfigureAwait(false);
        }

        await UnfinishedScript.ForgetAsync(session.Connection, files.Select(file => file.Version), cancellationToken).ConfigureAwait(false);
        var run = new FileRun(request, session, guard, sink, _time);
        await using ConfiguredAsyncDisposable watched = run.ConfigureAwait(false);
        using var progress = new FileProgress($"Undo migrations of {request.Environment.Name}", "Undoing", files.Count, sink, _time);
        var undone = new List<AppliedMigration>();
        foreach (MigrationFile file in files)
        {
            await guard.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
            progress.Next(file.FileName);
            long fileStart = _time.GetTimestamp();
            SqlScript script = await SqlScript.ReadAsync(file.DownPath!, cancellationToken).ConfigureAwait(false);
            await run.UndoAsync(file, script, cancellationToken).ConfigureAwait(false);
            undone.Add(new AppliedMigration(file.Version, file.Name, _time.GetElapsedTime(fileStart)));
        }

        await run.Scripts.ResetAsync(cancellationToken).ConfigureAwait(false);
        string[] expected = [.. history.Select(row => row.Version).Except(files.Select(file => file.Version))];
        IReadOnlyList<AppliedVersion> now = await VerifyAsync(session.Connection, expected, cancellationToken).ConfigureAwait(false);
        return Result(request, [], now, startedAt, start) with { Undone = undone };
    }

    /// <summary>The plan, with each pending file read and judged, so that nothing runs when one of them cannot.</summary>
    private static async Task<MigrationPlan> PlanAsync(
        MigrationRequest request, NpgsqlConnection connection, IReadOnlyList<MigrationFile> files, JudgedScripts judged, IProgressSink sink, CancellationToken cancellationToken)
    {
        MigrationPlan plan = await MigrationPlan.ReadAsync(connection, files, cancellationToken).ConfigureAwait(false);
        plan.Check(request, sink);
        foreach (MigrationFile file in plan.Pending)
        {
            await judged.JudgeAsync(file.Path, cancellationToken).ConfigureAwait(false);
        }

        return plan;
    }

    /// <summary>The versions of which an earlier run kept a part. What was recorded meanwhile, by the CLI or by hand, is whole.</summary>
    private static async Task<IReadOnlySet<string>> BegunAsync(NpgsqlConnection connection, IReadOnlyList<AppliedVersion> history, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> begun = await UnfinishedScript.VersionsAsync(connection, cancellationToken).ConfigureAwait(false);
        await UnfinishedScript.EnsureNoneHalfUndoneAsync(begun, connection, cancellationToken).ConfigureAwait(false);
        string[] recorded = [.. begun.Intersect(history.Select(row => row.Version))];
        if (recorded.Length > 0)
        {
            await UnfinishedScript.ForgetAsync(connection, recorded, cancellationToken).ConfigureAwait(false);
        }

        return begun.Except(recorded).ToHashSet();
    }

    private static async Task<IReadOnlyList<SeedFile>> SeedsAsync(MigrationRequest request, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<SeedFile> seeds = await SeedFile.FindAsync(request.Environment.Project, sink, cancellationToken).ConfigureAwait(false);
        foreach (SeedFile seed in seeds)
        {
            await SqlScript.ReadAsync(seed.Path, cancellationToken).ConfigureAwait(false);
        }

        return seeds;
    }

    private async Task<MigrationRun> WithLockAsync(
        MigrationRequest request, string why, IProgressSink sink, Func<MigrationSession, LockGuard, Task<MigrationRun>> work, CancellationToken cancellationToken)
    {
        DeploymentLock? own = request.HeldLock is null
            ? await DeploymentLock.AcquireAsync(request.Database, why, request.LockWait, sink, cancellationToken, _time).ConfigureAwait(false)
            : null;
        try
        {
            DeploymentLock held = own ?? request.HeldLock!;
            await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
            MigrationSession session = await MigrationSession.OpenAsync(request.Database, sink, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                await session.EndOrphansAsync(cancellationToken).ConfigureAwait(false);
                return await work(session, new LockGuard(held, _time)).ConfigureAwait(false);
            }
        }
        finally
        {
            if (own is not null)
            {
                await own.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads the history again: a script may have changed it, and what is reported is what is there.</summary>
    private static async Task<IReadOnlyList<AppliedVersion>> VerifyAsync(
        NpgsqlConnection connection, IReadOnlyList<string> expected, CancellationToken cancellationToken)
    {
        IReadOnlyList<AppliedVersion> now = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        string[] lacking = [.. expected.Except(now.Select(row => row.Version))];
        string[] surplus = [.. now.Select(row => row.Version).Except(expected)];
        if (lacking.Length == 0 && surplus.Length == 0)
        {
            return now;
        }

        throw new DeployException(
            ErrorTable.MigrationHistoryMismatch,
            "The history is not what this run made it:"
            + (lacking.Length > 0 ? $" version {string.Join(", ", lacking)} is not recorded." : "")
            + (surplus.Length > 0 ? $" version {string.Join(", ", surplus)} was recorded by something else." : ""),
            "Look for a script or another program that changes 'supabase_migrations.schema_migrations', then compare with 'Get-Migration'.");
    }

    /// <summary>A database as runs name it.</summary>
    internal static string NameOf(DatabaseAddress database) => $"{database.Host}:{database.Port}/{database.Database}";

    private MigrationRun Result(MigrationRequest request, IReadOnlyList<AppliedMigration> done, IReadOnlyList<AppliedVersion> now, DateTimeOffset startedAt, long start) => new()
    {
        Environment = request.Environment,
        Database = NameOf(request.Database),
        Applied = done,
        Version = now.Count == 0 ? null : now[^1].Version,
        Total = now.Count,
        StartedAt = startedAt,
        Duration = _time.GetElapsedTime(start),
    };
}
