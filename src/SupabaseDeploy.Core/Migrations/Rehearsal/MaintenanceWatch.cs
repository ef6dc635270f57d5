using System.Data;
using Npgsql;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Watches a statement that runs outside of a transaction, whose locks are gone when it is done. Two transactions hold locks on the tables
/// that it names, so that it must stop and show what it asks for: the first stops whatever changes or maintains a table, the second what
/// must not meet writers. Each is let go as soon as the statement was seen to wait for it.
/// </summary>
internal sealed class MaintenanceWatch(RehearsalSession session, KnownRelations known, TimeProvider time)
{
    private const int MostTables = 1000;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(2);

    /// <summary>Runs <paramref name="work"/>; gives the strongest lock that was seen on each relation, by its number.</summary>
    public async Task<Dictionary<uint, LockMode>> RunAsync(string text, Func<Task> work, CancellationToken cancellationToken)
    {
        string[] tables = [.. Concerned(text)];
        var barriers = new Queue<NpgsqlConnection>();
        var seen = new Dictionary<uint, LockMode>();
        try
        {
            foreach (string mode in tables.Length == 0 ? Array.Empty<string>() : ["share update exclusive", "row exclusive"])
            {
                barriers.Enqueue(await HoldAsync(tables, mode, cancellationToken).ConfigureAwait(false));
            }

            Task running = work();
            try
            {
                await FollowAsync(running, barriers, seen, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                // Also when watching failed: nobody may go on while the session is at work.
                await ReleaseAsync(barriers).ConfigureAwait(false);
                await running.ConfigureAwait(false);
            }

            return seen;
        }
        finally
        {
            await ReleaseAsync(barriers).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(Task running, Queue<NpgsqlConnection> barriers, Dictionary<uint, LockMode> seen, CancellationToken cancellationToken)
    {
        while (!running.IsCompleted)
        {
            bool isWaiting = await session.Locks.IsWaitingAsync(cancellationToken).ConfigureAwait(false);
            foreach ((uint relation, LockMode mode) in await session.Locks.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                seen[relation] = seen.GetValueOrDefault(relation) > mode ? seen[relation] : mode;
            }

            if (isWaiting && barriers.TryDequeue(out NpgsqlConnection? barrier))
            {
                await barrier.DisposeAsync().ConfigureAwait(false);
            }

            await Task.WhenAny(running, Task.Delay(s_interval, time, cancellationToken)).ConfigureAwait(false);
        }
    }

    /// <summary>The tables that the text names, themselves or by an index; all when it names none.</summary>
    private IEnumerable<string> Concerned(string text)
    {
        KnownRelation[] tables = [.. known.All.Where(relation => relation.Kind is 'r' or 'p')];
        HashSet<uint> named = [.. known.All.Where(relation => text.Contains(relation.BareName, StringComparison.OrdinalIgnoreCase)).Select(relation => relation.TableOid)];
        KnownRelation[] concerned = [.. tables.Where(table => named.Contains(table.Oid))];
        return (concerned.Length > 0 ? concerned : tables).Take(MostTables).Select(table => table.Name);
    }

    private async Task<NpgsqlConnection> HoldAsync(string[] tables, string mode, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await session.Administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var command = new NpgsqlCommand($"begin; lock table {string.Join(", ", tables.Select(table => $"only {table}"))} in {mode} mode", connection);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task ReleaseAsync(Queue<NpgsqlConnection> barriers)
    {
        while (barriers.TryDequeue(out NpgsqlConnection? barrier))
        {
            if (barrier.State != ConnectionState.Closed)
            {
                await barrier.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
