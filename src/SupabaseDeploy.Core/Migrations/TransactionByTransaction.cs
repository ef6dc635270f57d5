using Npgsql;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Runs a file group by group: its only transaction with the record in it, or several, each with a note in it of what ran, the last one
/// with the record. So nothing is ever committed that neither the history nor the note knows of.
/// </summary>
internal sealed class TransactionByTransaction(
    NpgsqlConnection connection, SqlScript script, UnfinishedScript unfinished, FreshSession fresh, bool isLocal, IProgressSink sink)
{
    private const string Recorded = "All its transactions were committed, and the file is recorded as applied.";

    // A file may change its role for all that follows, and that role need not be able to write the history.
    private bool _changesRole;

    /// <summary>Whether what runs, or failed last, is a transaction: then nothing of it was kept, and it can be tried again.</summary>
    public bool IsInTransaction { get; private set; } = true;

    /// <summary>Runs what did not run before, and writes <paramref name="record"/>.</summary>
    /// <param name="record">The row that says that the file ran.</param>
    /// <param name="isBegun">True when an earlier run kept a part of the file.</param>
    /// <param name="cancellationToken">Ends it; the caller rolls back.</param>
    public async Task RunAsync(NpgsqlBatchCommand record, bool isBegun, CancellationToken cancellationToken)
    {
        _changesRole = (isBegun || script.Mode != ScriptMode.OneTransaction) && script.Statements.Any(ChangesRole);
        PendingBatch pending = Batch(KeptStatements.None);
        fresh.AddTo(pending);
        int before = 0;
        if (isBegun || script.Groups.Count > 1)
        {
            await pending.SendAsync(cancellationToken).ConfigureAwait(false);
            before = await ContinueAsync(isBegun, cancellationToken).ConfigureAwait(false);
        }

        StatementGroup[] groups = [.. script.Groups.Where(group => group.End > before).Select(group => group with { First = Math.Max(group.First, before) })];
        foreach (StatementGroup group in groups)
        {
            IsInTransaction = group.Kind != GroupKind.Alone;
            bool isLast = group == groups[^1];
            await (group.Kind == GroupKind.Alone
                ? RunAloneAsync(group, cancellationToken)
                : RunTransactionAsync(group, pending, isLast ? [record, .. Forget()] : [unfinished.Note(Of(group))], cancellationToken)).ConfigureAwait(false);
            pending = Batch(KeptStatements.Describe(script, group.End));
            if (group.Kind != GroupKind.Alone && !isLast)
            {
                unfinished.IsRemembered = true;
            }
        }

        if (groups is [] or [.., { Kind: GroupKind.Alone }])
        {
            fresh.AddTo(pending);
            pending.Add(record);
            AddAll(pending, Forget());
            await pending.SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>How many statements ran before, with this session set as they set theirs.</summary>
    private async Task<int> ContinueAsync(bool isBegun, CancellationToken cancellationToken)
    {
        int before = await unfinished.CountDoneAsync(cancellationToken).ConfigureAwait(false);
        await unfinished.EnsureTableAsync(cancellationToken).ConfigureAwait(false);
        if (before == 0)
        {
            return 0;
        }

        if (isBegun)
        {
            sink.Publish(KeptStatements.Continuing(script, before));
        }

        PendingBatch again = Batch(KeptStatements.Describe(script, before));
        foreach (SqlStatement statement in script.Statements.Take(before).Where(statement => StatementRoles.Of(statement) == StatementRole.Setting))
        {
            await again.AddAsync(statement, cancellationToken).ConfigureAwait(false);
        }

        await again.SendAsync(cancellationToken).ConfigureAwait(false);
        return before;
    }

    private async Task RunTransactionAsync(StatementGroup group, PendingBatch pending, NpgsqlBatchCommand[] records, CancellationToken cancellationToken)
    {
        bool isOpen = group.Kind == GroupKind.Ours;
        bool isRecorded = isOpen;
        if (isOpen)
        {
            pending.Add("begin");
            AddRecords(pending, records);
        }

        foreach (SqlStatement statement in Of(group))
        {
            // SET TRANSACTION must come before anything else.
            if (isOpen && !isRecorded && statement.HasCode && !statement.Words().Take(2).SequenceEqual(["SET", "TRANSACTION"]))
            {
                AddRecords(pending, records);
                isRecorded = true;
            }

            await pending.AddAsync(statement, cancellationToken).ConfigureAwait(false);
            if (group.Kind == GroupKind.Ours)
            {
                continue;
            }

            StatementRole role = StatementRoles.Of(statement);
            isOpen = role == StatementRole.Begin || (isOpen && role != StatementRole.Commit);
            if (role == StatementRole.Commit)
            {
                // Only settings follow, and only at the end of the file.
                await pending.SendAsync(cancellationToken).ConfigureAwait(false);
                (pending, IsInTransaction) = (Batch(Recorded), false);
            }
        }

        if (group.Kind == GroupKind.Ours)
        {
            pending.Add("commit");
        }

        await pending.SendAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RunAloneAsync(StatementGroup group, CancellationToken cancellationToken)
    {
        // What runs concurrently waits for others without holding anybody up.
        bool isLimited = fresh.Settings.LockTimeout is not null && !script.Statements.Any(statement => statement.Words().Take(3).Contains("LOCK_TIMEOUT"));
        PendingBatch limit = Batch(KeptStatements.Describe(script, group.First));
        if (isLimited)
        {
            limit.Add("set lock_timeout = 0");
        }

        await limit.SendAsync(cancellationToken).ConfigureAwait(false);
        var alone = new StatementByStatement(connection, script, unfinished, sink, isLocal);
        for (int i = group.First; i < group.End; i++)
        {
            SqlStatement statement = script.Statements[i];
            await alone.RunAsync(statement, KeptStatements.Describe(script, i), cancellationToken).ConfigureAwait(false);
            await unfinished.AddAsync(statement, cancellationToken).ConfigureAwait(false);
        }

        if (isLimited)
        {
            fresh.AddLockTimeoutTo(limit);
        }

        await limit.SendAsync(cancellationToken).ConfigureAwait(false);
    }

    private void AddRecords(PendingBatch pending, NpgsqlBatchCommand[] records)
    {
        if (_changesRole)
        {
            pending.Add("select set_config('supabase_deploy.role', current_setting('role'), true)");
            pending.Add(fresh.LeaveRole);
        }

        AddAll(pending, records);
        if (_changesRole)
        {
            pending.Add("select set_config('role', current_setting('supabase_deploy.role'), true)");
        }
    }

    private static void AddAll(PendingBatch pending, NpgsqlBatchCommand[] commands)
    {
        foreach (NpgsqlBatchCommand command in commands)
        {
            pending.Add(command);
        }
    }

    private NpgsqlBatchCommand[] Forget() => unfinished.IsRemembered ? [unfinished.Forget()] : [];

    private IEnumerable<SqlStatement> Of(StatementGroup group) => script.Statements.Take(group.First..group.End);

    private PendingBatch Batch(string outcomeOfFailure) => new(connection, script, outcomeOfFailure, isLocal);

    private static bool ChangesRole(SqlStatement statement) =>
        StatementRoles.Of(statement) == StatementRole.Setting && statement.Words().Take(3).Contains("ROLE");
}
