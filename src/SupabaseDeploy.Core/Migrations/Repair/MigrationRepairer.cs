using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Makes the history and the folder say the same again, and runs no migration. What changes the history is one transaction under the lock
/// of the database; files are renamed and written after it.
/// </summary>
/// <param name="time">The clock; the system's when null.</param>
public sealed class MigrationRepairer(TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>What would be done. Changes nothing and takes no lock.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.RepairNotPossible"/>, or the history cannot be read.</exception>
    public static async Task<RepairPlan> PlanAsync(RepairRequest request, IProgressSink sink, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await request.Database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await PlanAsync(request, connection, sink, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Does what was planned, all of it or some.</summary>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.RepairOutdated"/> when folder or history changed since it was planned: nothing is done then.
    /// </exception>
    public async Task<MigrationRepair> ApplyAsync(RepairRequest request, IReadOnlyList<RepairAction> actions, IProgressSink sink, CancellationToken cancellationToken)
    {
        DateTimeOffset startedAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        DeploymentLock held = await DeploymentLock.AcquireAsync(
            request.Database, $"repair the history of {request.Environment.Name}", request.LockWait, sink, cancellationToken, _time).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            MigrationSession session = await MigrationSession.OpenAsync(request.Database, sink, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                await session.EndOrphansAsync(cancellationToken).ConfigureAwait(false);
                RepairPlan now = await PlanAsync(request, session.Connection, NullProgressSink.Instance, cancellationToken).ConfigureAwait(false);
                RefuseOutdated(actions, now);
                IReadOnlyList<AppliedVersion> history = await ChangeHistoryAsync(session.Connection, actions, cancellationToken).ConfigureAwait(false);
                foreach (RepairAction action in actions.Where(action => !action.ChangesHistory).OrderBy(action => action.Kind))
                {
                    await ChangeFolderAsync(session.Connection, action, cancellationToken).ConfigureAwait(false);
                }

                return new MigrationRepair
                {
                    Environment = request.Environment,
                    Database = $"{request.Database.Host}:{request.Database.Port}/{request.Database.Database}",
                    Actions = actions,
                    Total = history.Count,
                    StartedAt = startedAt,
                    Duration = _time.GetElapsedTime(start),
                };
            }
        }
    }

    private static async Task<RepairPlan> PlanAsync(RepairRequest request, NpgsqlConnection connection, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<MigrationFile> files = MigrationFolder.ReadWithDuplicates(request.Folder, sink);
        RepairState state = await RepairState.ReadAsync(connection, files, cancellationToken).ConfigureAwait(false);
        return request.Status is null ? RepairPlan.ForFindings(request, state) : RepairPlan.ForStatus(request, state);
    }

    private static void RefuseOutdated(IReadOnlyList<RepairAction> actions, RepairPlan now)
    {
        if (actions.FirstOrDefault(action => !now.Actions.Any(action.IsSame)) is { } outdated)
        {
            throw new DeployException(
                ErrorTable.RepairOutdated,
                $"The folder or the history changed since the repair was planned: '{outdated}' is not what is needed now. Nothing was changed.",
                "Run 'Repair-Migration -WhatIf' again and look at the new plan.",
                outdated);
        }
    }

    private static async Task<IReadOnlyList<AppliedVersion>> ChangeHistoryAsync(
        NpgsqlConnection connection, IReadOnlyList<RepairAction> actions, CancellationToken cancellationToken)
    {
        IReadOnlyList<AppliedVersion> before = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        RepairAction[] changes = [.. actions.Where(action => action.ChangesHistory)];
        if (changes.Length == 0)
        {
            return before;
        }

        await MigrationHistory.EnsureTableAsync(connection, cancellationToken).ConfigureAwait(false);
        await MigrationHistory.ExecuteAsync(connection, changes.Select(Command), cancellationToken).ConfigureAwait(false);
        await UnfinishedScript.ForgetAsync(connection, changes.Select(change => change.Version), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<AppliedVersion> after = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        Verify(before, changes, after);
        return after;
    }

    private static NpgsqlBatchCommand Command(RepairAction action)
    {
        if (action.Kind == RepairKind.MarkReverted)
        {
            return MigrationHistory.Delete(action.Version);
        }

        MigrationFile file = MigrationFolder.TryParse(action.Path!)!;
        return action.Kind == RepairKind.RenameRow
            ? MigrationHistory.Rename(file)
            : MigrationHistory.Replace(file, AppliedFile.StatementsOf(file));
    }

    private static void Verify(IReadOnlyList<AppliedVersion> before, RepairAction[] changes, IReadOnlyList<AppliedVersion> after)
    {
        HashSet<string> reverted = [.. changes.Where(change => change.Kind == RepairKind.MarkReverted).Select(change => change.Version)];
        Dictionary<string, string?> expected = before.Where(row => !reverted.Contains(row.Version)).ToDictionary(row => row.Version, row => row.Name);
        foreach (RepairAction change in changes.Where(change => change.Path is not null))
        {
            expected[change.Version] = MigrationFolder.TryParse(change.Path!)!.Name;
        }

        string[] wrong = [.. expected.Keys.Union(after.Select(row => row.Version)).Where(version => !after.Any(row => row.Version == version && expected.TryGetValue(version, out string? name) && row.Name == name))];
        if (wrong.Length > 0)
        {
            throw new DeployException(
                ErrorTable.MigrationHistoryMismatch,
                $"The history is not what this repair made it: version {string.Join(", ", wrong)} was changed by something else.",
                "Look for another program that changes 'supabase_migrations.schema_migrations', then compare with 'Get-Migration'.");
        }
    }

    private static async Task ChangeFolderAsync(NpgsqlConnection connection, RepairAction action, CancellationToken cancellationToken)
    {
        if (action.Kind == RepairKind.RenameFile)
        {
            MigrationFile file = MigrationFolder.TryParse(action.Path!)!;
            if (file.DownPath is not null)
            {
                File.Move(file.DownPath, Path.Combine(Path.GetDirectoryName(file.DownPath)!, Path.GetFileName(action.NewPath!)));
            }

            File.Move(file.Path, action.NewPath!);
            return;
        }

        Dictionary<string, string[]> statements = await MigrationHistory.ReadStatementsAsync(connection, [action.Version], cancellationToken).ConfigureAwait(false);
        await AtomicFile.WriteAllTextAsync(action.Path!, HistoryText.Of(statements[action.Version]), cancellationToken: cancellationToken).ConfigureAwait(false);
    }
}
