using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>The database that a restore replaced. Nobody may connect to it, so that nothing can change in it any more.</summary>
/// <param name="maintenance">The maintenance database as the role that switched.</param>
/// <param name="name">The replaced database.</param>
internal sealed class ReplacedDatabase(DatabaseAddress maintenance, string name)
{
    /// <summary>Every table with its rows, as everybody left it. It is open to connections only for the moment in which ours is made.</summary>
    public async Task<IReadOnlyList<TableRows>> CountRowsAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection connection;
        await AllowAsync(true, cancellationToken).ConfigureAwait(false);
        try
        {
            connection = await (maintenance with { Database = name }).OpenAsync(cancellationToken, "supabase-deploy loss").ConfigureAwait(false);
        }
        finally
        {
            await AllowAsync(false, CancellationToken.None).ConfigureAwait(false);
        }

        await using (connection.ConfigureAwait(false))
        {
            return await MeasuredLoss.CountAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Replication slots stay with their database, and hold the server's WAL back for readers who never come again.</summary>
    /// <returns>What to do about them; null for none.</returns>
    public async Task<string?> DescribeSlotsAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection session = await maintenance.OpenAsync(cancellationToken, "supabase-deploy loss").ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            IReadOnlyList<string> slots = await session.RowsAsync(
                $"select slot_name::text from pg_replication_slots where database = {DatabaseContents.Literal(name)} order by 1", row => row.GetString(0), cancellationToken).ConfigureAwait(false);
            return slots.Count == 0
                ? null
                : $"Replication {(slots.Count == 1 ? "slot" : "slots")} {string.Join(", ", slots)} stayed with it and must be made anew; until then the server keeps all WAL for the old: "
                    + string.Concat(slots.Select(slot => $"select pg_drop_replication_slot({DatabaseContents.Literal(slot)});"));
        }
    }

    private async Task AllowAsync(bool isAllowed, CancellationToken cancellationToken)
    {
        NpgsqlConnection session = await maintenance.OpenAsync(cancellationToken, "supabase-deploy loss").ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await new DatabaseContents(session).ExecuteAsync(
                $"alter database {Queries.Quote(name)} allow_connections {(isAllowed ? "true" : "false")}", cancellationToken).ConfigureAwait(false);
        }
    }
}
