using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Says what data down scripts would lose in one database: reads the scripts, and counts there. Changes nothing.</summary>
internal sealed class DataLossMeter
{
    private const int CountLimit = 100_000;

    private const string FindTables =
        """
        select c.oid::regclass::text, row_security_active(c.oid), has_table_privilege(c.oid, 'select'),
            (select coalesce(sum(greatest(p.reltuples, 0)), 0)::bigint from pg_class p
             where p.oid = c.oid or p.oid in (select relid from pg_partition_tree(c.oid)))
        from pg_class c where c.relkind in ('r', 'p') and
        """;

    private readonly NpgsqlConnection _connection;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<DataLoss> _losses = [];

    private DataLossMeter(NpgsqlConnection connection) => _connection = connection;

    /// <summary>One loss for each table and column that goes and is there now, and one for each statement of which that cannot be told.</summary>
    /// <param name="connection">A session of its own: its time limits are changed.</param>
    /// <param name="scripts">The down scripts, in the order in which they would run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="observed">What the scripts were seen to drop on a shadow, also where their text does not say it.</param>
    public static async Task<IReadOnlyList<DataLoss>> MeasureAsync(
        NpgsqlConnection connection, IEnumerable<SqlScript> scripts, CancellationToken cancellationToken, IReadOnlyList<DroppedObject>? observed = null)
    {
        // A question may take no longer than an answer is worth.
        using var limits = new NpgsqlCommand("set lock_timeout = '2s'; set statement_timeout = '20s'", connection);
        await limits.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        var meter = new DataLossMeter(connection);
        foreach (SqlScript script in scripts)
        {
            await meter.AddAsync(script, observed ?? [], cancellationToken).ConfigureAwait(false);
        }

        return meter._losses;
    }

    private async Task AddAsync(SqlScript script, IReadOnlyList<DroppedObject> observed, CancellationToken cancellationToken)
    {
        bool movesPath = script.Statements.Any(statement => statement.Words().Contains("SEARCH_PATH", StringComparer.Ordinal));
        foreach (DataTouch touch in DownScriptReader.Read(script).Concat(observed.Select(DataTouch.Of).OfType<DataTouch>()))
        {
            string what = Describe(touch, script);
            if (touch.Kind == DataTouchKind.Unknown)
            {
                _losses.Add(new DataLoss(what, null) { Unknown = "how many is not known" });
                continue;
            }

            try
            {
                IReadOnlyList<Table> tables = await FindAsync(touch, cancellationToken).ConfigureAwait(false);
                if (tables.Count == 0 && movesPath && touch.Kind != DataTouchKind.Schema)
                {
                    _losses.Add(new DataLoss(what, null) { Unknown = "rows not known: the script changes the search path" });
                }

                foreach (Table table in tables)
                {
                    await AddAsync(touch, what, table, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (PostgresException e)
            {
                _losses.Add(new DataLoss(what, null) { Unknown = $"rows not known: {e.MessageText}" });
            }
        }
    }

    private async Task AddAsync(DataTouch touch, string what, Table table, CancellationToken cancellationToken)
    {
        string shown = touch.Kind == DataTouchKind.Schema ? $"table {table.Name}" : what;
        if (!_seen.Add($"{table.Name}.{touch.Column}"))
        {
            return; // The words of the script and the shadow say the same.
        }

        if (table.IsHidden)
        {
            _losses.Add(new DataLoss(shown, null) { Unknown = "rows not known: this role may not see all of them" });
            return;
        }

        string counted = "*";
        string read = "";
        if (touch.Column is not null)
        {
            using var find = new NpgsqlCommand(
                "select quote_ident(attname) from pg_attribute where attrelid = $1::text::regclass and attname = $2 and attnum > 0 and not attisdropped", _connection);
            find.Parameters.Add(new NpgsqlParameter { Value = table.Name });
            find.Parameters.Add(new NpgsqlParameter { Value = touch.Column });
            if (await find.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not string column)
            {
                return; // It is not there, and cannot be lost.
            }

            counted = read = column;
        }

        // The server itself wrote the names, quoted where they have to be.
        using var count = new NpgsqlCommand($"select count(*), count({counted}) from (select {read} from {table.Name} limit {CountLimit + 1}) s", _connection);
        NpgsqlDataReader row = await count.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            await row.ReadAsync(cancellationToken).ConfigureAwait(false);
            bool isCounted = row.GetInt64(0) <= CountLimit;
            _losses.Add(new DataLoss(shown, isCounted ? row.GetInt64(1) : Math.Max(table.Estimate, CountLimit)) { IsCounted = isCounted });
        }
    }

    private async Task<IReadOnlyList<Table>> FindAsync(DataTouch touch, CancellationToken cancellationToken)
    {
        string which = touch.Kind == DataTouchKind.Schema
            ? "not c.relispartition and c.relnamespace = to_regnamespace($1) order by c.relname"
            : "c.oid = to_regclass($1)";
        using var command = new NpgsqlCommand($"{FindTables} {which}", _connection) { Parameters = { new NpgsqlParameter { Value = touch.Name } } };
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            var tables = new List<Table>();
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                tables.Add(new Table(row.GetString(0), row.GetBoolean(1) || !row.GetBoolean(2), row.GetInt64(3)));
            }

            return tables;
        }
    }

    private static string Describe(DataTouch touch, SqlScript script) => touch.Kind switch
    {
        DataTouchKind.Table => $"table {touch.Name}",
        DataTouchKind.Column => $"column {touch.Name}.{touch.Column}",
        DataTouchKind.Schema => $"schema {touch.Name}",
        _ => $"rows that '{touch.Name}' in line {touch.Line} of 'down/{script.FileName}' changes",
    };

    /// <summary>A table that is there.</summary>
    /// <param name="Name">As the server writes it.</param>
    /// <param name="IsHidden">True when this role cannot count all its rows.</param>
    /// <param name="Estimate">Rows by the server's statistics, partitions included.</param>
    private sealed record Table(string Name, bool IsHidden, long Estimate);
}
