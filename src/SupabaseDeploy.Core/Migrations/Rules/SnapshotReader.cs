using Npgsql;
using SupabaseDeploy.Migrations.Rules.Reading;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>Reads a <see cref="SchemaSnapshot"/> from the catalog: one query a kind of object, whatever the number of objects.</summary>
internal static class SnapshotReader
{
    /// <summary>Schemas whose contents belong to PostgreSQL or the platform. Policies on <c>storage</c> and <c>realtime</c> are written by projects.</summary>
    private const string Foreign = """
        n.nspname not like 'pg\_%' and n.nspname not in (
            'information_schema', 'auth', 'cron', 'extensions', 'graphql', 'graphql_public', 'net', 'pgbouncer', 'pgmq', 'pgsodium',
            'supabase_functions', 'supabase_migrations', 'tiger', 'topology', 'vault')
        """;

    public static async Task<SchemaSnapshot> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var snapshot = new SchemaSnapshot();
        await ReadTablesAsync(connection, snapshot, cancellationToken).ConfigureAwait(false);
        await ReadColumnsAsync(connection, snapshot, cancellationToken).ConfigureAwait(false);
        await ReadIndexesAsync(connection, snapshot, cancellationToken).ConfigureAwait(false);
        await ReadConstraintsAsync(connection, snapshot, cancellationToken).ConfigureAwait(false);
        await ReadPoliciesAsync(connection, snapshot, cancellationToken).ConfigureAwait(false);
        await ReadFunctionsAsync(connection, snapshot, cancellationToken).ConfigureAwait(false);
        await ReadViewsAsync(connection, snapshot, cancellationToken).ConfigureAwait(false);
        const string Extensions = "select e.extname, case when e.extrelocatable then n.nspname else '' end from pg_extension e join pg_namespace n on n.oid = e.extnamespace";
        await connection.RowsAsync(Extensions, row => snapshot.Extensions[row.GetString(0)] = row.GetString(1), cancellationToken).ConfigureAwait(false);
        return snapshot;
    }

    private static Task ReadTablesAsync(NpgsqlConnection connection, SchemaSnapshot snapshot, CancellationToken cancellationToken) => connection.RowsAsync(
        $"""
        select n.nspname, c.relname, c.relrowsecurity, c.relispartition, exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p')
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and c.relpersistence <> 't' and {Foreign}
          and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        """,
        row => snapshot.Tables[Name(row)] = new TableFacts
        {
            IsComplete = true,
            HasRowSecurity = row.GetBoolean(2),
            IsPartition = row.GetBoolean(3),
            HasPrimaryKey = row.GetBoolean(4),
        },
        cancellationToken);

    private static Task ReadColumnsAsync(NpgsqlConnection connection, SchemaSnapshot snapshot, CancellationToken cancellationToken) => ReadOfTablesAsync(
        connection,
        snapshot,
        $"""
        select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and {Foreign}
        order by c.oid, a.attnum
        """,
        (table, row) => table.Columns[row.GetString(2)] = row.GetString(3),
        cancellationToken);

    private static Task ReadIndexesAsync(NpgsqlConnection connection, SchemaSnapshot snapshot, CancellationToken cancellationToken) => ReadOfTablesAsync(
        connection,
        snapshot,
        $"""
        select n.nspname, c.relname, i.relname, array(
            select a.attname::text from unnest(x.indkey::int2[]) with ordinality as k(number, place)
            left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.number where k.place <= x.indnkeyatts order by k.place)
        from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
        where x.indisvalid and {Foreign}
        """,
        (table, row) => table.Indexes.Add(new IndexFacts(row.GetString(2), row.GetFieldValue<string?[]>(3))),
        cancellationToken);

    private static Task ReadConstraintsAsync(NpgsqlConnection connection, SchemaSnapshot snapshot, CancellationToken cancellationToken) => ReadOfTablesAsync(
        connection,
        snapshot,
        $"""
        select n.nspname, c.relname, k.conname, k.contype::text, fn.nspname, f.relname, array(
            select a.attname::text from unnest(k.conkey) with ordinality as u(number, place)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by u.place), pg_get_constraintdef(k.oid)
        from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
        left join pg_class f on f.oid = k.confrelid left join pg_namespace fn on fn.oid = f.relnamespace
        where (k.contype = 'f' or k.contype = 'c' and array_length(k.conkey, 1) = 1) and k.conparentid = 0 and {Foreign}
        """,
        AddConstraint,
        cancellationToken);

    private static void AddConstraint(TableFacts table, NpgsqlDataReader row)
    {
        string name = row.GetString(2);
        string[] columns = row.GetFieldValue<string[]>(6);
        if (row.GetString(3) == "f")
        {
            table.ForeignKeys.Add(new ForeignKeyFacts(name, columns, new SqlName(row.GetString(4), row.GetString(5))));
            return;
        }

        string neverNull = $"CHECK (({SqlName.Quote(columns[0])} IS NOT NULL))";
        switch (row.GetString(7))
        {
            case string definition when definition == neverNull:
                table.NeverNull.Add(columns[0]);
                break;
            case string definition when definition == neverNull + " NOT VALID":
                table.UnprovenNeverNull[name] = columns[0];
                break;
        }
    }

    private static Task ReadPoliciesAsync(NpgsqlConnection connection, SchemaSnapshot snapshot, CancellationToken cancellationToken) => ReadOfTablesAsync(
        connection,
        snapshot,
        $"""
        select n.nspname, c.relname, p.polname, p.polpermissive,
            case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
            array(select coalesce(r.rolname::text, 'public') from unnest(p.polroles) as u(role) left join pg_roles r on r.oid = u.role),
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
        where {Foreign}
        """,
        (table, row) => table.Policies[row.GetString(2)] = new PolicyDefinition(row.GetString(2))
        {
            IsPermissive = row.GetBoolean(3),
            Command = row.GetString(4),
            Roles = row.GetFieldValue<string[]>(5),
            Using = row.IsDBNull(6) ? null : row.GetString(6),
            Check = row.IsDBNull(7) ? null : row.GetString(7),
        },
        cancellationToken);

    private static Task ReadFunctionsAsync(NpgsqlConnection connection, SchemaSnapshot snapshot, CancellationToken cancellationToken) => connection.RowsAsync(
        $"""
        select n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prosecdef,
            exists (select from unnest(p.proconfig) as u(setting) where u.setting like 'search\_path=%')
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where {Foreign} and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        """,
        row => snapshot.Functions[Name(row)] =
        [
            .. snapshot.Functions.GetValueOrDefault(Name(row)) ?? [],
            new FunctionFacts($"{Name(row)}({row.GetString(2)})", row.GetBoolean(3), row.GetBoolean(4)),
        ],
        cancellationToken);

    private static Task ReadViewsAsync(NpgsqlConnection connection, SchemaSnapshot snapshot, CancellationToken cancellationToken) => connection.RowsAsync(
        $"""
        select n.nspname, c.relname, c.relkind = 'm',
            exists (select from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker' and o.option_value::boolean),
            exists (select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                    where r.ev_class = c.oid and d.refclassid = 'pg_class'::regclass and d.refobjid = to_regclass('auth.users'))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('v', 'm') and c.relpersistence <> 't' and {Foreign}
          and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        """,
        row => snapshot.Views[Name(row)] = new ViewFacts(row.GetBoolean(2), row.GetBoolean(3), row.GetBoolean(4)),
        cancellationToken);

    private static Task ReadOfTablesAsync(
        NpgsqlConnection connection, SchemaSnapshot snapshot, string sql, Action<TableFacts, NpgsqlDataReader> add, CancellationToken cancellationToken) =>
        connection.RowsAsync(
            sql,
            row =>
            {
                if (snapshot.Tables.TryGetValue(Name(row), out TableFacts? table))
                {
                    add(table, row);
                }

                return true;
            },
            cancellationToken);

    private static SqlName Name(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1));
}
