using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Health;

/// <summary>Whether the database accepts writes: a temporary table is made and written to in a transaction that is rolled back.</summary>
internal static class WritesProbe
{
    private const string StateSql = """
        select pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('default_transaction_read_only') = 'on'
        """;

    private const string WriteSql = """
        create temporary table supabase_deploy_health_probe (written boolean not null) on commit drop;
        insert into pg_temp.supabase_deploy_health_probe values (true);
        """;

    public static async Task<Finding> CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        (bool isStandby, bool isReadOnly) = (await connection.RowsAsync(StateSql, row => (row.GetBoolean(0), row.GetBoolean(1)), cancellationToken).ConfigureAwait(false))[0];
        if (isStandby)
        {
            return Finding.Failed("The server is in recovery: it is a standby, and accepts no writes.");
        }

        if (isReadOnly)
        {
            return Finding.Failed("The database accepts no writes: default_transaction_read_only is on.");
        }

        NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(WriteSql, connection, transaction);
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
        }

        return Finding.Healthy("A row could be written.");
    }
}
