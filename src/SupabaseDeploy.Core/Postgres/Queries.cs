using Npgsql;

namespace SupabaseDeploy.Postgres;

/// <summary>Statements of ours without parameters, and reads of whole results, which are small.</summary>
internal static class Queries
{
    /// <summary>A name as SQL takes it whatever is in it.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Asks whether a table is there. From the catalog: <c>to_regclass</c> is an error for a role that may not use the schema.</summary>
    public static string TableExists(string schema, string table) =>
        $"select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = '{schema}' and c.relname = '{table}')";

    public static Task<bool> HasTableAsync(this NpgsqlConnection connection, string schema, string table, CancellationToken cancellationToken) =>
        connection.ScalarAsync<bool>(TableExists(schema, table), cancellationToken);

    /// <returns>How many rows were changed.</returns>
    public static async Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task<T> ScalarAsync<T>(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        IReadOnlyList<T> rows = await connection.RowsAsync(sql, row => row.GetFieldValue<T>(0), cancellationToken).ConfigureAwait(false);
        return rows[0];
    }

    public static async Task<IReadOnlyList<T>> RowsAsync<T>(
        this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await reader.RowsAsync(read, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The rows of a batch's present result; goes on to the next one.</summary>
    public static async Task<IReadOnlyList<T>> RowsAsync<T>(this NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(read(reader));
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return rows;
    }
}
