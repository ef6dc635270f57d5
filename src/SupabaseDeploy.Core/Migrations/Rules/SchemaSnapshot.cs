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

    /// <summary>By name; several where a catalog has several with other arguments. Texts are read as if there were one.</summary>
    internal Dictionary<SqlName, IReadOnlyList<FunctionFacts>> Functions { get; init; } = [];

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

        foreach ((SqlName name, TableFacts table) in snapshot.Tables.ToList())
        {
            table.IsNew = false;
            if (table.IsTemporary)
            {
                snapshot.Tables.Remove(name);
            }
        }

        return snapshot;
    }

    internal SchemaSnapshot Copy() => new()
    {
        Tables = Tables.ToDictionary(pair => pair.Key, pair => pair.Value.Copy()),
        Functions = new(Functions),
        Views = new(Views),
        Extensions = new(Extensions, StringComparer.Ordinal),
    };
}
