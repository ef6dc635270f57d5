using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Health;

/// <summary>How full one limit on connections is.</summary>
/// <param name="Name">Whose limit: <c>the server</c>, <c>database x</c>, <c>role x</c>.</param>
/// <param name="Used">Connections in use, without the probe's own.</param>
/// <param name="Limit">How many an ordinary role can have.</param>
internal sealed record ConnectionLimit(string Name, long Used, long Limit)
{
    public long Left => Math.Max(0, Limit - Used);

    public double UsedShare => Limit <= 0 ? 1 : (double)Used / Limit;
}

/// <summary>How many connections are left under the tightest of the limits that hold: the server's, the database's, the role's.</summary>
internal static class ConnectionsProbe
{
    private const double DegradedAbove = 0.8;

    // Replication and background workers have limits of their own. reserved_connections exists from PostgreSQL 16 on.
    private const string Sql = """
        with activity as (
            select datname, usename from pg_catalog.pg_stat_activity
            where backend_type = 'client backend' and pid <> pg_catalog.pg_backend_pid()
        )
        select 'the server',
            (select count(*) from activity),
            pg_catalog.current_setting('max_connections')::bigint
                - pg_catalog.current_setting('superuser_reserved_connections')::bigint
                - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::bigint
        union all
        select pg_catalog.format('database %s', datname), (select count(*) from activity where activity.datname = pg_database.datname), datconnlimit
        from pg_catalog.pg_database where datname = pg_catalog.current_database() and datconnlimit >= 0
        union all
        select pg_catalog.format('role %s', rolname), (select count(*) from activity where activity.usename = pg_roles.rolname), rolconnlimit
        from pg_catalog.pg_roles where rolname = current_user and rolconnlimit >= 0
        """;

    public static async Task<Finding> CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<ConnectionLimit> limits = await connection
            .RowsAsync(Sql, row => new ConnectionLimit(row.GetString(0), row.GetInt64(1), row.GetInt64(2)), cancellationToken)
            .ConfigureAwait(false);
        return Judge(limits);
    }

    public static Finding Judge(IReadOnlyList<ConnectionLimit> limits)
    {
        ConnectionLimit tightest = limits.MaxBy(limit => limit.UsedShare)!;
        string message = $"{tightest.Used} of {tightest.Limit} connections of {tightest.Name} are in use, {tightest.Left} left.";
        return tightest switch
        {
            { Left: 0 } => Finding.Failed(message),
            { UsedShare: > DegradedAbove } => Finding.Degraded(message),
            _ => Finding.Healthy(message),
        };
    }
}
