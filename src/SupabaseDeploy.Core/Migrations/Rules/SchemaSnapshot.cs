using Npgsql;
using SupabaseDeploy.Migrations.Rules.Reading;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>
/// A schema at one moment, as far as the rules ask: read from a database's catalog, or worked out from the text of migrations.
/// </summary>
public sealed class SchemaSnapshot
{
    internal SchemaSnapshot()
    {
    }

    internal Dictionary<SqlName, TableFacts> Tables { get; init; } = [];

    /// <summary>By name with the types of the arguments in a catalog, by name alone in texts.</summary>
    internal Dictionary<string, FunctionFacts> Functions { get; init; } = new(StringComparer.Ordinal);

    internal Dictionary<SqlName, ViewFacts> Views { get; init; } = [];

    /// <summary>Schemas by extension.</summary>
    internal Dictionary<string, string> Extensions { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Reads the catalog; what extensions and the platform own is left out, but the tables of <c>storage</c> and <c>realtime</c> are in.</summary>
    /// <param name="connection">An open connection, in any transaction; what that transaction did is seen.</param>
    /// <param name="cancellationToken">Ends the queries.</param>
    /// <exception cref="PostgresException">The catalog cannot be read.</exception>
    public static Task<SchemaSnapshot> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        SnapshotReader.ReadAsync(connection, cancellationToken);

    /// <summary>What migrations leave behind when they are applied in this order to an empty project, as far as their text says.</summary>
    public static SchemaSnapshot OfFiles(IEnumerable<RuleFile> files)
    {
        var snapshot = new SchemaSnapshot();
        var replay = new SchemaReplay(snapshot, knowsAllTables: true);
        foreach (RuleFile file in files)
        {
            foreach ((SqlStatement _, SchemaChange change) in FileChanges.Read(file, SqlSplitter.Split(file.Text)))
            {
                replay.Apply(change);
            }
        }

        foreach (TableFacts table in snapshot.Tables.Values)
        {
            table.IsNew = false;
        }

        return snapshot;
    }

    internal SchemaSnapshot Copy() => new()
    {
        Tables = Tables.ToDictionary(pair => pair.Key, pair => pair.Value.Copy()),
        Functions = new(Functions, StringComparer.Ordinal),
        Views = new(Views),
        Extensions = new(Extensions, StringComparer.Ordinal),
    };
}
