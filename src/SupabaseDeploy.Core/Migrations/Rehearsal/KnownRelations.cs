using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>A relation that existed before a file.</summary>
/// <param name="Oid">Its number, which it keeps when it is renamed.</param>
/// <param name="Name">Schema and name, quoted where SQL needs it.</param>
/// <param name="Kind"><c>pg_class.relkind</c>.</param>
/// <param name="BareName">Its name alone, as it is.</param>
/// <param name="TableOid">For an index the table it belongs to, else itself.</param>
internal sealed record KnownRelation(uint Oid, string Name, char Kind, string BareName, uint TableOid)
{
    public bool IsIndex => Kind is 'i' or 'I';

    /// <summary>Has rows of its own that can be scanned or rewritten.</summary>
    public bool HasRows => Kind is 'r' or 'm';

    public string KindWord => Kind switch
    {
        'r' or 'p' => "table",
        'v' => "view",
        'm' => "materialized view",
        'f' => "foreign table",
        'S' => "sequence",
        _ => "index",
    };
}

/// <summary>Every relation of the users that exists at one moment, by its number.</summary>
internal sealed class KnownRelations(IReadOnlyDictionary<uint, KnownRelation> byOid)
{
    // pg_class is about tables, and its own number is a constant of PostgreSQL's catalog.
    private const uint RelationClass = 1259;

    private const string ReadSql =
        $"""
        select c.oid, format('%I.%I', n.nspname, c.relname), c.relkind::text, c.relname::text, coalesce(i.indrelid, c.oid)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_index i on i.indexrelid = c.oid
        where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'i', 'I')
          and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'supabase_migrations', '{RehearsalTriggers.Schema}')
          and n.nspname !~ '^pg_(toast_)?temp_'
        """;

    public static async Task<KnownRelations> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<KnownRelation> rows = await connection.RowsAsync(
            ReadSql,
            row => new KnownRelation(row.GetFieldValue<uint>(0), row.GetString(1), row.GetChar(2), row.GetString(3), row.GetFieldValue<uint>(4)),
            cancellationToken).ConfigureAwait(false);
        return new KnownRelations(rows.ToDictionary(relation => relation.Oid));
    }

    public IEnumerable<KnownRelation> All => byOid.Values;

    public KnownRelation? Find(uint oid) => byOid.GetValueOrDefault(oid);

    /// <summary>The table of rows that a drop loses; null when it loses none.</summary>
    public KnownRelation? DataOf(ToldDrop drop) =>
        drop.Class == RelationClass && drop.Kind is "table" or "table column" or "foreign table" ? Find(drop.Object) : null;

    /// <summary>True when the drop is of a relation, or of a part of one, that did not exist before.</summary>
    public bool IsNew(ToldDrop drop) => drop.Class == RelationClass && Find(drop.Object) is null;
}
