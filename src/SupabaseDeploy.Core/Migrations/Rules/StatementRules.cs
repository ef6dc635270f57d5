using SupabaseDeploy.Migrations.Rules.Reading;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>The rules that a single change breaks, given what was there before it.</summary>
/// <param name="replay">The schema just before the change.</param>
internal sealed partial class StatementRules(SchemaReplay replay)
{
    private static readonly string[] s_writes = ["all", "insert", "update", "delete", "truncate"];

    public IEnumerable<Breach> Check(SchemaChange change) => change switch
    {
        CreateTable { IsTemporary: false } create when !(create.IsIfNotExists && replay.Knows(create.Table)) => CheckTable(create),
        AddColumn add when !(add.IsIfNotExists && replay.Find(add.Table)?.Columns.ContainsKey(add.Column.Name) == true) =>
            CheckColumn(add.Table, add.Column).Concat(Existed(add.Table) ? CheckAddedColumn(add.Table, add.Column) : []),
        ChangeType type when Existed(type.Table) => CheckType(type),
        SetNotNull set when Existed(set.Table) && replay.Find(set.Table)?.NeverNull.Contains(set.Column) != true => [NotNull(set)],
        AddConstraint add when Existed(add.Table) => CheckConstraint(add.Table, add.Constraint),
        CreateIndex { IsConcurrent: false } index when Existed(index.Table) => [Index(index)],
        DropIndex { IsConcurrent: false } drop when replay.IndexExisted(drop.Index) =>
        [
            new(RuleTable.DropIndexNotConcurrent, drop.Index.ToString(),
                $"Dropping index '{drop.Index}' waits for every transaction on its table, and everything on the table waits for it.",
                $"Write 'drop index concurrently {drop.Index};' alone in a migration of its own."),
        ],
        Reindex { IsConcurrent: false } reindex =>
        [
            new(RuleTable.ReindexNotConcurrent, reindex.Target,
                $"'reindex' of '{reindex.Target}' blocks writes until the index is built, and reads that would use it.",
                "Write 'reindex (concurrently) …' alone in a migration of its own."),
        ],
        DropObject drop => CheckDrop(drop),
        DropColumn drop when Existed(drop.Table) =>
        [
            new(RuleTable.DropColumn, $"{drop.Table}.{SqlName.Quote(drop.Column)}",
                $"Dropping column '{drop.Column}' of '{drop.Table}' loses what is in it, and breaks clients that still ask for it.",
                $"Drop it in a later release, when no client uses it; until then 'alter table {drop.Table} alter column {SqlName.Quote(drop.Column)} drop not null;' lets it be left out."),
        ],
        DropDatabase drop =>
        [
            new(RuleTable.DropDatabase, SqlName.Quote(drop.Name), $"Dropping database '{drop.Name}' loses all that is in it.", "Take the statement out: a migration changes one database and lives in it."),
        ],
        Reading.Truncate truncate when Existed(truncate.Table) =>
        [
            new(RuleTable.Truncate, truncate.Table.ToString(),
                $"'truncate' deletes every row of '{truncate.Table}', under a lock that blocks reads and writes.",
                $"Delete the rows that are meant: 'delete from {truncate.Table} where …;'."),
        ],
        WriteRows { HasCondition: false } write when Existed(write.Table) =>
        [
            new(RuleTable.WriteWithoutWhere, write.Table.ToString(),
                $"{write.Verb} without WHERE {(write.Verb == "UPDATE" ? "rewrites" : "deletes")} every row of '{write.Table}' in one transaction.",
                "Name the rows with WHERE, in batches for a large table; where every row is meant, say so by silencing this rule with the reason."),
        ],
        Reading.RenameTable rename when Existed(rename.Table) =>
        [
            new(RuleTable.RenameTable, rename.Table.ToString(),
                $"'{rename.Table}' becomes '{rename.To}' at once: clients in use fail until they are updated.",
                $"Add a view under the old name: 'create view {rename.Table} with (security_invoker = true) as select * from {rename.To};'."),
        ],
        Reading.RenameColumn rename when Existed(rename.Table) =>
        [
            new(RuleTable.RenameColumn, $"{rename.Table}.{SqlName.Quote(rename.Column)}",
                $"Column '{rename.Column}' of '{rename.Table}' becomes '{rename.To}' at once: clients in use fail until they are updated.",
                $"Add column {SqlName.Quote(rename.To)}, fill both from a trigger, and drop {SqlName.Quote(rename.Column)} when no client uses it."),
        ],
        TableGrant { IsRevoke: false } grant => CheckGrant(grant),
        _ => [],
    };

    /// <summary>Tables of the platform are not read, and always there.</summary>
    private bool Existed(SqlName table) => SchemaRules.IsPlatform(table.Schema) || replay.Existed(table);

    private List<Breach> CheckDrop(DropObject drop)
    {
        var breaches = new List<Breach>();
        bool isTable = drop.Kind == "table";
        if (isTable && Existed(drop.Name))
        {
            breaches.Add(new(
                RuleTable.DropTable,
                drop.Name.ToString(),
                $"Dropping table '{drop.Name}' loses its rows, and breaks clients that still use it.",
                $"Drop it in a later release, when no client uses it. To keep the rows: 'alter table {drop.Name} set schema archive;'."));
        }

        if (drop.IsCascade && (isTable ? Existed(drop.Name) : drop.Kind is "view" or "materialized view" or "schema" or "function" or "type" or "domain" or "sequence" or "extension"))
        {
            string name = drop.Name.Schema.Length == 0 ? SqlName.Quote(drop.Name.Name) : drop.Name.ToString();
            breaches.Add(new(
                RuleTable.DropCascade,
                name,
                $"CASCADE drops whatever depends on {drop.Kind} '{name}', in this database and in others that have more: views, policies, foreign keys, triggers, columns.",
                "Drop what depends on it by name first, and leave CASCADE out: then an object that nobody thought of is an error."));
        }

        return breaches;
    }

    private static Breach[] CheckGrant(TableGrant grant)
    {
        string[] writes = [.. grant.Privileges.Where(s_writes.Contains)];
        string[] everybody = [.. grant.Roles.Where(role => role is "anon" or "public")];
        if (writes.Length == 0 || everybody.Length == 0)
        {
            return [];
        }

        string target = grant.Tables.Count > 0 ? string.Join(", ", grant.Tables) : $"all tables in schema {SqlName.List(grant.Schemas)}";
        return
        [
            new(
                RuleTable.GrantWriteToAnon,
                grant.Tables.Count == 1 ? target : "",
                $"'{string.Join("', '", everybody)}' {(everybody.Length == 1 ? "gets" : "get")} {string.Join(", ", writes)} on {target}: only policies stand between a visitor without an account and the rows.",
                $"Grant what visitors need: 'grant select on {target} to anon; grant select, insert, update, delete on {target} to authenticated;'."),
        ];
    }

    private static Breach NotNull(SetNotNull set)
    {
        string column = SqlName.Quote(set.Column);
        return new(
            RuleTable.SetNotNull,
            $"{set.Table}.{column}",
            $"SET NOT NULL on '{set.Column}' reads all of '{set.Table}' while reads and writes wait, and fails if one row is null.",
            $"Prove it first, then set it without a scan: 'alter table {set.Table} add constraint {SqlName.Quote(set.Column + "_not_null")} check ({column} is not null) not valid;', in the next migration "
                + $"'alter table {set.Table} validate constraint {SqlName.Quote(set.Column + "_not_null")}; alter table {set.Table} alter column {column} set not null;'.");
    }

    private static Breach Index(CreateIndex index) => new(
        RuleTable.IndexNotConcurrent,
        index.Name is null ? index.Table.ToString() : SqlName.Quote(index.Name),
        $"Building an index on '{index.Table}' blocks writes to it until it is done.",
        $"Write 'create {(index.IsUnique ? "unique " : "")}index concurrently {(index.Name is null ? "" : SqlName.Quote(index.Name) + " ")}{OneLine(index.Definition)};' alone in a migration of its own.");

    private static string OneLine(string sql) => string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
