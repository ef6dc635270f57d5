using System.Globalization;
using Npgsql;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;

namespace SupabaseDeploy.Migrations;

/// <summary>Schema and content of a database at one moment; content as counts and sums of hashes.</summary>
internal sealed class DatabaseState
{
    private const string TablesSql =
        $"""
        select format('%I.%I', n.nspname, c.relname), array_agg(quote_ident(a.attname) order by a.attnum)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'supabase_migrations', '{RehearsalTriggers.Schema}') and n.nspname !~ '^pg_(toast|temp)'
        group by 1 order by 1
        """;

    private readonly IReadOnlyDictionary<string, TableState> _tables;

    private DatabaseState(DatabaseCatalog catalog, IReadOnlyDictionary<string, TableState> tables)
    {
        Catalog = catalog;
        _tables = tables;
    }

    public DatabaseCatalog Catalog { get; }

    /// <summary>Reads it as a superuser, so that row level security hides nothing.</summary>
    public static async Task<DatabaseState> ReadAsync(NpgsqlConnection administration, CancellationToken cancellationToken)
    {
        DatabaseCatalog catalog = await CatalogReader.ReadAsync(administration, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<(string Name, string[] Columns)> found = await administration.RowsAsync(
            TablesSql, row => (row.GetString(0), row.GetFieldValue<string[]>(1)), cancellationToken).ConfigureAwait(false);
        var tables = new Dictionary<string, TableState>();
        foreach ((string name, string[] columns) in found)
        {
            tables.Add(name, await ReadAsync(administration, name, columns, cancellationToken).ConfigureAwait(false));
        }

        return new DatabaseState(catalog, tables);
    }

    /// <summary>What of the rows and values here is not <paramref name="later"/>, one a line.</summary>
    public IReadOnlyList<string> LostIn(DatabaseState later)
    {
        var lost = new List<string>();
        foreach ((string name, TableState before) in _tables.Where(table => table.Value.Rows > 0))
        {
            if (later._tables.GetValueOrDefault(name) is not { } after)
            {
                lost.Add($"{name} with {Rows(before.Rows)} is gone");
            }
            else if (after.Rows != before.Rows)
            {
                lost.Add($"{name} had {Rows(before.Rows)} and has {after.Rows}");
            }
            else
            {
                lost.AddRange(before.Columns.Where(column => after.Columns.GetValueOrDefault(column.Key) != column.Value).Select(column => $"values of {name}.{column.Key} are gone"));
            }
        }

        return lost;
    }

    // The order of rows is nobody's business, so hashes are added up; one sum a column says which values went.
    private static async Task<TableState> ReadAsync(NpgsqlConnection connection, string name, string[] columns, CancellationToken cancellationToken)
    {
        string sums = string.Concat(columns.Select(column => $", coalesce(sum(hashtextextended(coalesce({column}::text, 'null'), 0)::numeric), 0)::text"));
        IReadOnlyList<string[]> row = await connection.RowsAsync(
            $"select count(*)::text{sums} from only {name}",
            reader => Enumerable.Range(0, columns.Length + 1).Select(reader.GetString).ToArray(),
            cancellationToken).ConfigureAwait(false);
        return new TableState(
            long.Parse(row[0][0], CultureInfo.InvariantCulture),
            columns.Zip(row[0].Skip(1)).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    private static string Rows(long count) => count == 1 ? "1 row" : string.Create(CultureInfo.InvariantCulture, $"{count} rows");

    private sealed record TableState(long Rows, IReadOnlyDictionary<string, string> Columns);
}
