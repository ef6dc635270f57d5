using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Migrations;

/// <summary>One row of the history.</summary>
/// <param name="Version">The version.</param>
/// <param name="Name">The name; null in rows of old versions of the CLI.</param>
public sealed record AppliedVersion(string Version, string? Name)
{
    /// <summary>Who applied it; only rows of the Management API say so.</summary>
    public string? CreatedBy { get; init; }
}

/// <summary>
/// The history table that the Supabase CLI keeps: <c>supabase_migrations.schema_migrations</c>. Columns are always named, because the
/// Management API adds some of its own.
/// </summary>
public static class MigrationHistory
{
    private const string CreateSql =
        """
        do $create$
        begin
            if to_regnamespace('supabase_migrations') is null then
                create schema supabase_migrations;
            end if;
            create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
            alter table supabase_migrations.schema_migrations add column if not exists statements text[];
            alter table supabase_migrations.schema_migrations add column if not exists name text;
        end
        $create$
        """;

    /// <summary>The applied versions in ordinal order; empty when the table does not exist. Changes nothing.</summary>
    public static async Task<IReadOnlyList<AppliedVersion>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        HashSet<string> columns = await ColumnsAsync(connection, cancellationToken).ConfigureAwait(false);
        if (!columns.Contains("version"))
        {
            return [];
        }

        string name = columns.Contains("name") ? "name" : "null::text";
        string createdBy = columns.Contains("created_by") ? "created_by" : "null::text";
        using var command = new NpgsqlCommand($"select version, {name}, {createdBy} from supabase_migrations.schema_migrations order by version collate \"C\"", connection);
        NpgsqlDataReader row = await OpenAsync(command, cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            var applied = new List<AppliedVersion>();
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                applied.Add(new AppliedVersion(row.GetString(0), row.GetValue(1) as string) { CreatedBy = row.GetValue(2) as string });
            }

            return applied;
        }
    }

    /// <summary>What tells whether a file holds the statements of each row, by version; empty when the table keeps none.</summary>
    internal static async Task<Dictionary<string, RecordedStatements>> ReadDigestsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        HashSet<string> columns = await ColumnsAsync(connection, cancellationToken).ConfigureAwait(false);
        if (!columns.Contains("statements"))
        {
            return [];
        }

        using var command = new NpgsqlCommand($"select version, {RecordedStatements.Sql} from supabase_migrations.schema_migrations", connection);
        return await ReadByVersionAsync(command, row => new RecordedStatements(row.GetFieldValue<int[]>(1), row.GetFieldValue<byte[]>(2)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The statements of some rows, by version.</summary>
    internal static async Task<Dictionary<string, string[]>> ReadStatementsAsync(
        NpgsqlConnection connection, IReadOnlyList<string> versions, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand("select version, array_remove(statements, null) from supabase_migrations.schema_migrations where version = any ($1) and statements is not null", connection)
        {
            Parameters = { new NpgsqlParameter { Value = versions.ToArray() } },
        };
        return await ReadByVersionAsync(command, row => row.GetFieldValue<string[]>(1), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates the table, or the columns that an older CLI left out.</summary>
    internal static async Task EnsureTableAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        HashSet<string> columns = await ColumnsAsync(connection, cancellationToken).ConfigureAwait(false);
        if (columns.IsSupersetOf(["version", "statements", "name"]))
        {
            return;
        }

        using var command = new NpgsqlCommand(CreateSql, connection);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            throw Inaccessible("created", e);
        }
    }

    /// <summary>The row of one migration. Fails on the primary key when another runner has recorded it.</summary>
    internal static NpgsqlBatchCommand Insert(MigrationFile migration, IEnumerable<ReadOnlyMemory<char>> statements) =>
        new("insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)")
        {
            Parameters =
            {
                new NpgsqlParameter { Value = migration.Version },
                new NpgsqlParameter { Value = migration.Name },
                new NpgsqlParameter { Value = statements.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            },
        };

    /// <summary>Takes the row away again.</summary>
    internal static NpgsqlBatchCommand Delete(MigrationFile migration) => Delete(migration.Version);

    /// <summary>Takes the row of a version away.</summary>
    internal static NpgsqlBatchCommand Delete(string version) =>
        new("delete from supabase_migrations.schema_migrations where version = $1")
        {
            Parameters = { new NpgsqlParameter { Value = version } },
        };

    /// <summary>Gives the row the file's name.</summary>
    internal static NpgsqlBatchCommand Rename(MigrationFile migration) =>
        new("update supabase_migrations.schema_migrations set name = $2 where version = $1")
        {
            Parameters = { new NpgsqlParameter { Value = migration.Version }, new NpgsqlParameter { Value = migration.Name } },
        };

    /// <summary>The row of a file, new or instead of the one that is there; columns of the platform's own stay.</summary>
    internal static NpgsqlBatchCommand Replace(MigrationFile migration, string[] statements) =>
        new(
            """
            insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)
            on conflict (version) do update set name = excluded.name, statements = excluded.statements
            """)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = migration.Version },
                new NpgsqlParameter { Value = migration.Name },
                new NpgsqlParameter { Value = statements, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            },
        };

    /// <summary>Changes rows, all or none.</summary>
    internal static async Task ExecuteAsync(NpgsqlConnection connection, IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancellationToken)
    {
        // One batch without BEGIN is one transaction to the server.
        using var batch = new NpgsqlBatch(connection);
        foreach (NpgsqlBatchCommand command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            throw Inaccessible("changed", e);
        }
    }

    private static async Task<Dictionary<string, T>> ReadByVersionAsync<T>(
        NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        NpgsqlDataReader row = await OpenAsync(command, cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            var rows = new Dictionary<string, T>();
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(row.GetString(0), read(row));
            }

            return rows;
        }
    }

    private static async Task<NpgsqlDataReader> OpenAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            throw Inaccessible("read", e);
        }
    }

    private static DeployException Inaccessible(string what, PostgresException e) => new(
        ErrorTable.MigrationHistoryInaccessible,
        $"The history 'supabase_migrations.schema_migrations' cannot be {what}: {e.MessageText} (SQLSTATE {e.SqlState}).",
        "Sign in as the role that owns the database's schema, usually 'postgres'.",
        inner: e);

    private static async Task<HashSet<string>> ColumnsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(
            """
            select a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'supabase_migrations' and c.relname = 'schema_migrations' and a.attnum > 0 and not a.attisdropped
            """,
            connection);
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            var columns = new HashSet<string>();
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                columns.Add(row.GetString(0));
            }

            return columns;
        }
    }
}
