using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Health;

/// <summary>An open transaction.</summary>
/// <param name="Holder">Who holds it: process, user and state, or a prepared transaction's name.</param>
/// <param name="Age">Since it began.</param>
internal sealed record OpenTransaction(string Holder, TimeSpan Age);

/// <summary>
/// The oldest open transaction of this database: it keeps locks and stops vacuum. This product's own sessions
/// (a migration or backup that takes its time), vacuum and replication are not counted.
/// </summary>
internal static class TransactionsProbe
{
    private static readonly TimeSpan s_degradedOver = TimeSpan.FromMinutes(5);

    private const string Sql = """
        select pg_catalog.format('process %s, user %s, %s', pid, usename, state),
            pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - xact_start)
        from pg_catalog.pg_stat_activity
        where datname = pg_catalog.current_database() and xact_start is not null and backend_type = 'client backend'
            and pid <> pg_catalog.pg_backend_pid() and application_name not like 'supabase-deploy%'
        union all
        select pg_catalog.format('prepared transaction ''%s'', user %s', gid, owner),
            pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - prepared)
        from pg_catalog.pg_prepared_xacts
        where database = pg_catalog.current_database()
        order by 2 desc
        limit 1
        """;

    // Without this right the server shows no times of other users' sessions.
    private const string SeesOthersSql = "select pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'usage')";

    public static async Task<Finding> CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<OpenTransaction> oldest = await connection
            .RowsAsync(Sql, row => new OpenTransaction(row.GetString(0), TimeSpan.FromSeconds(Math.Max(0, row.GetDouble(1)))), cancellationToken)
            .ConfigureAwait(false);
        bool seesOthers = await connection.ScalarAsync<bool>(SeesOthersSql, cancellationToken).ConfigureAwait(false);
        Finding finding = Judge(oldest.Count > 0 ? oldest[0] : null);
        return seesOthers ? finding : finding with { Message = $"{finding.Message} Only its own sessions are visible to this user; grant pg_read_all_stats to see all." };
    }

    public static Finding Judge(OpenTransaction? oldest)
    {
        if (oldest is null)
        {
            return Finding.Healthy("No transaction is open.");
        }

        string message = $"The oldest transaction is open for {Readable.Duration(oldest.Age)} ({oldest.Holder}).";
        return oldest.Age > s_degradedOver ? Finding.Degraded(message) : Finding.Healthy(message);
    }
}
