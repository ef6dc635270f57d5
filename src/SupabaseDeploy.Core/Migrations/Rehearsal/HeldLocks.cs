using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Reads the locks of the session at work from a second connection, so that the session itself is asked nothing that could change what it does.
/// </summary>
internal sealed class HeldLocks(NpgsqlConnection observer, int backend)
{
    private const string Sql =
        """
        select l.relation, l.mode from pg_locks l
        where l.pid = $1 and l.locktype = 'relation' and l.database = (select oid from pg_database where datname = current_database())
        """;

    /// <summary>
    /// The strongest mode for each relation, by its number. One that is waited for counts too: it is what the statement asks for.
    /// </summary>
    public async Task<Dictionary<uint, LockMode>> ReadAsync(CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(Sql, observer) { Parameters = { new NpgsqlParameter { Value = backend } } };
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            var held = new Dictionary<uint, LockMode>();
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                uint relation = row.GetFieldValue<uint>(0);
                LockMode mode = LockModes.Parse(row.GetString(1));
                held[relation] = held.GetValueOrDefault(relation) > mode ? held[relation] : mode;
            }

            return held;
        }
    }

    /// <summary>True while the session at work waits for a lock of another.</summary>
    public async Task<bool> IsWaitingAsync(CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand("select cardinality(pg_blocking_pids($1)) > 0", observer)
        {
            Parameters = { new NpgsqlParameter { Value = backend, NpgsqlDbType = NpgsqlDbType.Integer } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
