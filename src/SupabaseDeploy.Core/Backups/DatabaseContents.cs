using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>
/// Reads what a backup says about a database, and what a restore is measured by. One reader for both, so that both see the same things.
/// Runs in whatever transaction the connection is in.
/// </summary>
internal sealed class DatabaseContents(NpgsqlConnection connection)
{
    // Tables of extensions come back with the extension, not from the dump; temporary ones belong to a session.
    private const string OrdinaryTables =
        """
        select n.nspname, c.relname
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and c.relpersistence <> 't'
          and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
          and not exists (select from pg_catalog.pg_depend d
                          where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        order by 1, 2
        """;

    private const string MigrationVersions = "select version::text from supabase_migrations.schema_migrations order by version collate \"C\"";

    /// <summary>Every table with its exact number of rows.</summary>
    /// <param name="report">Told after each table: how many of how many are counted.</param>
    /// <param name="cancellationToken">Stops between and inside counts.</param>
    public async Task<IReadOnlyList<TableRows>> CountRowsAsync(Action<int, int>? report, CancellationToken cancellationToken)
    {
        IReadOnlyList<(string Schema, string Name)> tables = await ReadAsync(
            OrdinaryTables, row => (row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false);
        var counted = new List<TableRows>(tables.Count);
        foreach ((string schema, string name) in tables)
        {
            long rows = await ScalarAsync<long>($"select count(*) from only {Queries.Quote(schema)}.{Queries.Quote(name)}", cancellationToken).ConfigureAwait(false);
            counted.Add(new TableRows(schema, name, rows));
            report?.Invoke(counted.Count, tables.Count);
        }

        return counted;
    }

    /// <summary>Every version of the migration history; empty where there is none.</summary>
    public async Task<IReadOnlyList<string>> ReadMigrationsAsync(CancellationToken cancellationToken) =>
        await connection.HasTableAsync("supabase_migrations", "schema_migrations", cancellationToken).ConfigureAwait(false)
            ? await ReadAsync(MigrationVersions, row => row.GetString(0), cancellationToken).ConfigureAwait(false)
            : [];

    /// <summary>The release that the last successful deployment brought; null where nothing was deployed.</summary>
    public async Task<string?> ReadReleaseAsync(CancellationToken cancellationToken) =>
        await connection.HasTableAsync("supabase_deploy", "deployments", cancellationToken).ConfigureAwait(false)
            ? (await ReadAsync(
                "select release_id from supabase_deploy.deployments where status = 'Succeeded' order by number desc limit 1",
                row => row.IsDBNull(0) ? null : row.GetString(0),
                cancellationToken).ConfigureAwait(false)).SingleOrDefault()
            : null;

    /// <summary>Constraints that PostgreSQL has not checked against the rows that are there: <c>schema.table.constraint</c>.</summary>
    public Task<IReadOnlyList<string>> ReadNotValidConstraintsAsync(CancellationToken cancellationToken) => ReadAsync(
        """
        select format('%s.%s.%s', n.nspname, r.relname, c.conname)
        from pg_catalog.pg_constraint c
        join pg_catalog.pg_class r on r.oid = c.conrelid
        join pg_catalog.pg_namespace n on n.oid = r.relnamespace
        where not c.convalidated order by 1
        """,
        row => row.GetString(0),
        cancellationToken);

    /// <summary>Indexes that PostgreSQL would not use: <c>schema.index</c>.</summary>
    public Task<IReadOnlyList<string>> ReadInvalidIndexesAsync(CancellationToken cancellationToken) => ReadAsync(
        """
        select format('%s.%s', n.nspname, r.relname)
        from pg_catalog.pg_index i
        join pg_catalog.pg_class r on r.oid = i.indexrelid
        join pg_catalog.pg_namespace n on n.oid = r.relnamespace
        where not i.indisvalid or not i.indisready order by 1
        """,
        row => row.GetString(0),
        cancellationToken);

    /// <summary>The server's roles, besides PostgreSQL's own.</summary>
    public Task<IReadOnlyList<string>> ReadRolesAsync(CancellationToken cancellationToken) =>
        ReadAsync("select rolname from pg_catalog.pg_roles where rolname !~ '^pg_' order by 1", row => row.GetString(0), cancellationToken);

    /// <summary>Number of large objects.</summary>
    public Task<long> CountLargeObjectsAsync(CancellationToken cancellationToken) =>
        ScalarAsync<long>("select count(*) from pg_catalog.pg_largeobject_metadata", cancellationToken);

    /// <summary>Tables with row-level security that role <c>authenticated</c> may read, quoted for SQL; empty where there is no such role.</summary>
    public async Task<IReadOnlyList<string>> ReadProtectedTablesAsync(CancellationToken cancellationToken) =>
        await ScalarAsync<bool>("select exists (select from pg_catalog.pg_roles where rolname = 'authenticated')", cancellationToken).ConfigureAwait(false)
            ? await ReadAsync(
                """
                select format('%I.%I', n.nspname, c.relname)
                from pg_catalog.pg_class c
                join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'p') and c.relrowsecurity
                  and has_schema_privilege('authenticated', n.oid, 'usage') and has_table_privilege('authenticated', c.oid, 'select')
                order by 1
                """,
                row => row.GetString(0),
                cancellationToken).ConfigureAwait(false)
            : [];

    /// <summary>Runs one query and maps its rows.</summary>
    public Task<IReadOnlyList<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken) =>
        connection.RowsAsync(sql, map, cancellationToken);

    /// <summary>Runs one query for one value.</summary>
    public Task<T> ScalarAsync<T>(string sql, CancellationToken cancellationToken) => connection.ScalarAsync<T>(sql, cancellationToken);

    /// <summary>Runs statements.</summary>
    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) => connection.ExecuteAsync(sql, cancellationToken);

    /// <summary>A string literal that means the same whatever <c>standard_conforming_strings</c> says.</summary>
    public static string Literal(string value)
    {
        string doubled = value.Replace("'", "''", StringComparison.Ordinal);
        return doubled.Contains('\\', StringComparison.Ordinal) ? $"E'{doubled.Replace("\\", "\\\\", StringComparison.Ordinal)}'" : $"'{doubled}'";
    }
}
