using SupabaseDeploy.Migrations.Rules.Reading;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>Applies changes to a snapshot, as the server would.</summary>
/// <param name="snapshot">The snapshot, which is changed.</param>
/// <param name="knowsAllTables">
/// True when every table of the database is in the snapshot. Else a table that it lacks and that a statement names was there before.
/// </param>
internal sealed class SchemaReplay(SchemaSnapshot snapshot, bool knowsAllTables)
{
    /// <summary>Extensions that a project has from the start, or that choose their schema themselves.</summary>
    private static readonly HashSet<string> s_placed =
    [
        "http", "pg_cron", "pg_graphql", "pg_net", "pg_stat_statements", "pg_tle", "pgcrypto", "pgjwt", "pgmq", "pgsodium", "plpgsql", "postgis", "supabase_vault",
        "timescaledb", "uuid-ossp",
    ];

    /// <summary>The table that a change is about; null when it is known not to exist.</summary>
    public TableFacts? Find(SqlName name)
    {
        if (!snapshot.Tables.TryGetValue(name, out TableFacts? table) && (!knowsAllTables || SchemaRules.IsPlatform(name.Schema)) && !snapshot.Views.ContainsKey(name))
        {
            snapshot.Tables[name] = table = new TableFacts();
        }

        return table;
    }

    /// <summary>True when a table is known to exist; one that is only presumed to is made by <c>CREATE TABLE IF NOT EXISTS</c>.</summary>
    public bool Knows(SqlName name) => snapshot.Tables.ContainsKey(name);

    /// <summary>False when an index is known to be of a table that nobody uses yet, or not to be there.</summary>
    public bool IndexExisted(SqlName index)
    {
        foreach (TableFacts table in snapshot.Tables.Values)
        {
            if (table.Indexes.Exists(other => other.Name == index.Name))
            {
                return !table.IsNew;
            }
        }

        return !knowsAllTables || SchemaRules.IsPlatform(index.Schema);
    }

    /// <summary>True when rows of users may be in the table: it was there before the files that are checked.</summary>
    public bool Existed(SqlName name) => Find(name) is { IsNew: false };

    public void Apply(SchemaChange change)
    {
        switch (change)
        {
            case CreateTable create:
                Apply(create);
                break;
            case CreateIndex index:
                Find(index.Table)?.Indexes.Add(new IndexFacts(index.Name, index.Columns));
                break;
            case DropIndex drop:
                foreach (TableFacts table in snapshot.Tables.Values)
                {
                    table.Indexes.RemoveAll(index => index.Name == drop.Index.Name);
                }

                break;
            case CreateFunction function:
                snapshot.Functions[function.Function] = [new FunctionFacts(function.Function.ToString(), function.IsDefiner, function.HasSearchPath)];
                break;
            case AlterFunction alter:
                ReplaceFunctions(alter.Function, alter.Function, function => function with
                {
                    IsDefiner = alter.IsDefiner ?? function.IsDefiner,
                    HasSearchPath = alter.SetsSearchPath || function.HasSearchPath,
                });
                break;
            case RenameFunction rename:
                ReplaceFunctions(rename.Function, rename.To, function => function with { Signature = rename.To.ToString() });
                break;
            case CreateView view:
                snapshot.Views[view.View] = new ViewFacts(view.IsMaterialized, view.IsInvoker, view.ReadsAuthUsers);
                break;
            case AlterView alter when snapshot.Views.TryGetValue(alter.View, out ViewFacts? view):
                snapshot.Views[alter.View] = view with { IsInvoker = alter.IsInvoker };
                break;
            case CreateExtension extension:
                snapshot.Extensions.TryAdd(extension.Extension, s_placed.Contains(extension.Extension) ? "" : extension.Schema ?? "public");
                break;
            case DropObject drop:
                Apply(drop);
                break;
            default:
                ApplyToTable(change);
                break;
        }
    }

    private void Apply(CreateTable create)
    {
        if (snapshot.Tables.ContainsKey(create.Table) && create.IsIfNotExists)
        {
            return;
        }

        var table = new TableFacts
        {
            HasRowSecurity = false,
            IsComplete = create.IsComplete,
            IsNew = true,
            IsPartition = create is { IsComplete: false, Columns.Count: 0 },
            IsTemporary = create.IsTemporary,
        };
        snapshot.Tables[create.Table] = table;
        foreach (ColumnDefinition column in create.Columns)
        {
            Add(create.Table, table, column);
        }

        foreach (ConstraintDefinition constraint in create.Constraints)
        {
            Add(create.Table, table, constraint);
        }
    }

    private void ApplyToTable(SchemaChange change)
    {
        switch (change)
        {
            case AddColumn add when Find(add.Table) is { } table:
                Add(add.Table, table, add.Column);
                break;
            case DropColumn drop when Find(drop.Table) is { } table:
                table.Columns.Remove(drop.Column);
                table.Indexes.RemoveAll(index => index.Columns.Contains(drop.Column));
                table.ForeignKeys.RemoveAll(key => key.Columns.Contains(drop.Column));
                break;
            case ChangeType type when Find(type.Table) is { } table:
                table.Columns[type.Column] = type.Type;
                break;
            case AddConstraint add when Find(add.Table) is { } table:
                Add(add.Table, table, add.Constraint);
                break;
            case DropConstraint drop when Find(drop.Table) is { } table:
                table.ForeignKeys.RemoveAll(key => key.Name == drop.Constraint);
                table.Indexes.RemoveAll(index => index.Name == drop.Constraint);
                break;
            case ValidateConstraint validate when Find(validate.Table) is { } table:
                if (table.UnprovenNeverNull.Remove(validate.Constraint, out string? column))
                {
                    table.NeverNull.Add(column);
                }

                break;
            case SetRowSecurity security when Find(security.Table) is { } table:
                table.HasRowSecurity = security.IsEnabled;
                break;
            case CreatePolicy policy when Find(policy.Table) is { } table:
                table.Policies[policy.Policy.Name] = policy.Policy;
                break;
            case AlterPolicy alter when Find(alter.Table)?.Policies is { } policies && policies.TryGetValue(alter.Policy.Name, out PolicyDefinition? policy):
                policies[alter.Policy.Name] = policy.With(alter.Policy);
                break;
            case DropPolicy drop:
                Find(drop.Table)?.Policies.Remove(drop.Name);
                break;
            case RenameTable rename when snapshot.Tables.Remove(rename.Table, out TableFacts? table):
                snapshot.Tables[rename.To] = table;
                break;
            case RenameColumn rename when Find(rename.Table) is { } table:
                Rename(table, rename.Column, rename.To);
                break;
        }
    }

    private void Apply(DropObject drop)
    {
        switch (drop.Kind)
        {
            case "table" or "foreign table":
                snapshot.Tables.Remove(drop.Name);
                break;
            case "view" or "materialized view":
                snapshot.Views.Remove(drop.Name);
                break;
            case "function" or "procedure" or "routine":
                snapshot.Functions.Remove(drop.Name);
                break;
            case "extension":
                snapshot.Extensions.Remove(drop.Name.Name);
                break;
            case "schema":
                foreach (SqlName table in snapshot.Tables.Keys.Where(table => table.Schema == drop.Name.Name).ToList())
                {
                    snapshot.Tables.Remove(table);
                }

                break;
        }
    }

    private void ReplaceFunctions(SqlName from, SqlName to, Func<FunctionFacts, FunctionFacts> replace)
    {
        if (snapshot.Functions.Remove(from, out IReadOnlyList<FunctionFacts>? functions))
        {
            snapshot.Functions[to] = [.. functions.Select(replace)];
        }
    }

    private static void Add(SqlName name, TableFacts table, ColumnDefinition column)
    {
        if (!table.Columns.TryAdd(column.Name, column.Type))
        {
            return;
        }

        table.HasPrimaryKey |= column.IsPrimaryKey;
        if (column.IsPrimaryKey || column.IsUnique)
        {
            table.Indexes.Add(new IndexFacts(column.IsPrimaryKey ? $"{name.Name}_pkey" : $"{name.Name}_{column.Name}_key", [column.Name]));
        }

        if (column.References is { } references)
        {
            table.ForeignKeys.Add(new ForeignKeyFacts(ForeignKeyName(name, [column.Name]), [column.Name], references));
        }
    }

    private static void Add(SqlName name, TableFacts table, ConstraintDefinition constraint)
    {
        table.HasPrimaryKey |= constraint.Kind == ConstraintKind.PrimaryKey;
        switch (constraint)
        {
            case { Kind: ConstraintKind.PrimaryKey or ConstraintKind.Unique, UsesIndex: false }:
                table.Indexes.Add(new IndexFacts(constraint.Name, [.. constraint.Columns]));
                break;
            case { Kind: ConstraintKind.ForeignKey, References: { } references }:
                table.ForeignKeys.Add(new ForeignKeyFacts(constraint.Name ?? ForeignKeyName(name, constraint.Columns), constraint.Columns, references));
                break;
            case { NotNullColumn: { } column, IsNotValid: false }:
                table.NeverNull.Add(column);
                break;
            case { NotNullColumn: { } column, Name: { } unproven }:
                table.UnprovenNeverNull[unproven] = column;
                break;
        }
    }

    // As the server names one that the statement does not.
    private static string ForeignKeyName(SqlName table, IReadOnlyList<string> columns) => $"{table.Name}_{string.Join('_', columns)}_fkey";

    private static void Rename(TableFacts table, string from, string to)
    {
        if (table.Columns.Remove(from, out string? type))
        {
            table.Columns[to] = type;
        }

        IndexFacts[] indexes = [.. table.Indexes.Select(index => index with { Columns = [.. index.Columns.Select(column => column == from ? to : column)] })];
        table.Indexes.Clear();
        table.Indexes.AddRange(indexes);
        ForeignKeyFacts[] keys = [.. table.ForeignKeys.Select(key => key with { Columns = [.. key.Columns.Select(column => column == from ? to : column)] })];
        table.ForeignKeys.Clear();
        table.ForeignKeys.AddRange(keys);
    }
}
