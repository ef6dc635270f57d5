using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Puts a few rows into every empty table. The nth row has the nth value of a type in every column of that type, so that foreign keys
/// find what they point at without anybody knowing of them; what constraints refuse is tried in simpler ways and left out in the end.
/// </summary>
internal static class SyntheticRows
{
    private const int RowsPerTable = 3;

    private const string ColumnsSql =
        $"""
        select format('%I.%I', n.nspname, c.relname), quote_ident(a.attname), coalesce(b.typname, t.typname)::text, coalesce(nullif(a.atttypmod, -1), t.typtypmod),
            a.attnotnull or t.typnotnull, coalesce(b.typcategory, t.typcategory)::text,
            (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e where e.enumtypid = coalesce(b.oid, t.oid)),
            (select array_agg(pg_get_constraintdef(k.oid)) from pg_constraint k where k.contype = 'c' and ((k.conrelid = c.oid and a.attnum = any(k.conkey)) or k.contypid = t.oid)),
            a.atthasdef, format_type(a.atttypid, a.atttypmod)
        from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = nullif(t.typbasetype, 0)
        where c.relkind = 'r' and not c.relispartition
          and n.nspname not in ('pg_catalog', 'information_schema', 'supabase_migrations', '{RehearsalTriggers.Schema}') and n.nspname !~ '^pg_(toast|temp)'
          and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        order by n.nspname, c.relname, a.attnum
        """;

    private const string ForeignKeysSql =
        """
        select format('delete from only %s c where %s and not exists (select from %s p where %s)',
            k.conrelid::regclass,
            (select string_agg(format('c.%I is not null', a.attname), ' and ') from unnest(k.conkey) n join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n),
            k.confrelid::regclass,
            (select string_agg(format('p.%I = c.%I', f.attname, a.attname), ' and ')
             from unnest(k.conkey, k.confkey) n(child, parent)
                 join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n.child join pg_attribute f on f.attrelid = k.confrelid and f.attnum = n.parent))
        from pg_constraint k where k.contype = 'f' and k.conparentid = 0
        """;

    /// <summary>Inserts them; gives the tables that no row could be made for.</summary>
    public static async Task<IReadOnlyList<string>> InsertAsync(DatabaseAddress administration, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            // Triggers of the application would do more than insert a row, and foreign keys would dictate an order.
            await connection.ExecuteAsync("set session_replication_role = replica; set search_path = ''", cancellationToken).ConfigureAwait(false);
            IReadOnlyList<SyntheticColumn> columns = await connection.RowsAsync(ColumnsSql, Read, cancellationToken).ConfigureAwait(false);
            IGrouping<string, SyntheticColumn>[] tables = [.. columns.GroupBy(column => column.Table)];
            foreach (IGrouping<string, SyntheticColumn> table in tables)
            {
                await FillAsync(connection, table.Key, [.. table], cancellationToken).ConfigureAwait(false);
            }

            await DeleteOrphansAsync(connection, cancellationToken).ConfigureAwait(false);
            var without = new List<string>();
            foreach (IGrouping<string, SyntheticColumn> table in tables)
            {
                if (!await HasRowsAsync(connection, table.Key, cancellationToken).ConfigureAwait(false))
                {
                    without.Add(table.Key);
                }
            }

            return without;
        }
    }

    private static SyntheticColumn Read(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetBoolean(4), row.GetString(5)[0],
        row.IsDBNull(6) ? [] : row.GetFieldValue<string[]>(6), row.IsDBNull(7) ? [] : row.GetFieldValue<string[]>(7), row.GetBoolean(8), row.GetString(9));

    private static async Task FillAsync(NpgsqlConnection connection, string table, SyntheticColumn[] columns, CancellationToken cancellationToken)
    {
        if (await HasRowsAsync(connection, table, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        for (int row = 1; row <= RowsPerTable; row++)
        {
            foreach (RowStyle style in Enum.GetValues<RowStyle>())
            {
                (string Name, string Value)[] values = [.. columns.Select(column => (column.Name, column.Value(row, style))).Where(pair => pair.Item2 is not null).Select(pair => (pair.Name, pair.Item2!))];
                string sql = values.Length == 0
                    ? $"insert into {table} default values"
                    : $"insert into {table} ({string.Join(", ", values.Select(pair => pair.Name))}) overriding system value values ({string.Join(", ", values.Select(pair => pair.Value))})";
                if (await TryAsync(connection, sql, cancellationToken).ConfigureAwait(false))
                {
                    break;
                }
            }
        }
    }

    // A row without its parent may be the parent of another.
    private static async Task DeleteOrphansAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> deletes = await connection.RowsAsync(ForeignKeysSql, row => row.GetString(0), cancellationToken).ConfigureAwait(false);
        int deleted;
        do
        {
            deleted = 0;
            foreach (string sql in deletes)
            {
                deleted += await connection.ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
            }
        }
        while (deleted > 0);
    }

    private static Task<bool> HasRowsAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken) =>
        connection.ScalarAsync<bool>($"select exists (select from {table})", cancellationToken);

    /// <summary>False when a constraint, or the text of a type, refuses the row.</summary>
    private static async Task<bool> TryAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException)
        {
            return false; // The table is told of when no way succeeds.
        }
    }
}
