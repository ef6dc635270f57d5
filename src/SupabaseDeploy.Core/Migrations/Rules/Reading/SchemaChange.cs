namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>What one statement (or one action of an <c>ALTER TABLE</c>) does.</summary>
/// <param name="Offset">Where it is written in the file.</param>
internal abstract record SchemaChange(int Offset);

internal sealed record ColumnDefinition(string Name, string Type, int Offset)
{
    public bool IsNotNull { get; set; }

    public bool IsPrimaryKey { get; set; }

    public bool IsUnique { get; set; }

    /// <summary>The default's expression as written; null without one.</summary>
    public string? Default { get; set; }

    public bool IsIdentity { get; set; }

    public bool IsStored { get; set; }

    public SqlName? References { get; set; }

    public bool HasCheck { get; set; }
}

internal enum ConstraintKind
{
    Check,
    ForeignKey,
    Unique,
    PrimaryKey,
    Exclusion,
}

internal sealed record ConstraintDefinition(string? Name, ConstraintKind Kind, int Offset)
{
    public IReadOnlyList<string> Columns { get; init; } = [];

    public SqlName? References { get; init; }

    public bool IsNotValid { get; init; }

    public bool UsesIndex { get; init; }

    /// <summary>The column of a <c>CHECK (column IS NOT NULL)</c>.</summary>
    public string? NotNullColumn { get; init; }
}

internal sealed record CreateTable(int Offset, SqlName Table) : SchemaChange(Offset)
{
    public List<ColumnDefinition> Columns { get; } = [];

    public List<ConstraintDefinition> Constraints { get; } = [];

    public bool IsTemporary { get; init; }

    public bool IsIfNotExists { get; init; }

    /// <summary>False when columns come from elsewhere too: <c>LIKE</c>, <c>INHERITS</c>, <c>PARTITION OF</c>, <c>AS SELECT</c>.</summary>
    public bool IsComplete { get; set; } = true;
}

internal sealed record AddColumn(int Offset, SqlName Table, ColumnDefinition Column, bool IsIfNotExists) : SchemaChange(Offset);

internal sealed record DropColumn(int Offset, SqlName Table, string Column) : SchemaChange(Offset);

internal sealed record ChangeType(int Offset, SqlName Table, string Column, string Type, bool HasUsing) : SchemaChange(Offset);

internal sealed record SetNotNull(int Offset, SqlName Table, string Column) : SchemaChange(Offset);

internal sealed record AddConstraint(int Offset, SqlName Table, ConstraintDefinition Constraint) : SchemaChange(Offset);

internal sealed record DropConstraint(int Offset, SqlName Table, string Constraint) : SchemaChange(Offset);

internal sealed record ValidateConstraint(int Offset, SqlName Table, string Constraint) : SchemaChange(Offset);

internal sealed record SetRowSecurity(int Offset, SqlName Table, bool IsEnabled) : SchemaChange(Offset);

internal sealed record RenameTable(int Offset, SqlName Table, SqlName To) : SchemaChange(Offset);

internal sealed record RenameColumn(int Offset, SqlName Table, string Column, string To) : SchemaChange(Offset);

internal sealed record CreateIndex(int Offset, SqlName Table) : SchemaChange(Offset)
{
    public string? Name { get; init; }

    /// <summary>The columns in order; null for an expression.</summary>
    public required IReadOnlyList<string?> Columns { get; init; }

    public bool IsConcurrent { get; init; }

    public bool IsUnique { get; init; }

    /// <summary>The statement from <c>ON</c> on, for the remedy.</summary>
    public required string Definition { get; init; }
}

internal sealed record DropIndex(int Offset, SqlName Index, bool IsConcurrent) : SchemaChange(Offset);

internal sealed record Reindex(int Offset, string Target, bool IsConcurrent) : SchemaChange(Offset);

internal sealed record CreatePolicy(int Offset, SqlName Table, PolicyDefinition Policy) : SchemaChange(Offset);

internal sealed record AlterPolicy(int Offset, SqlName Table, PolicyDefinition Policy) : SchemaChange(Offset);

internal sealed record DropPolicy(int Offset, SqlName Table, string Name) : SchemaChange(Offset);

internal sealed record CreateFunction(int Offset, SqlName Function, bool IsDefiner, bool HasSearchPath) : SchemaChange(Offset);

internal sealed record AlterFunction(int Offset, SqlName Function, bool? IsDefiner, bool SetsSearchPath) : SchemaChange(Offset);

internal sealed record RenameFunction(int Offset, SqlName Function, SqlName To) : SchemaChange(Offset);

internal sealed record CreateView(int Offset, SqlName View, bool IsMaterialized, bool IsInvoker, bool ReadsAuthUsers) : SchemaChange(Offset);

internal sealed record AlterView(int Offset, SqlName View, bool IsInvoker) : SchemaChange(Offset);

internal sealed record CreateExtension(int Offset, string Extension, string? Schema) : SchemaChange(Offset);

/// <param name="Kind">In lower case: <c>table</c>, <c>schema</c>, <c>function</c>, <c>materialized view</c>.</param>
internal sealed record DropObject(int Offset, string Kind, SqlName Name, bool IsCascade) : SchemaChange(Offset);

/// <summary>A <c>GRANT</c> or <c>REVOKE</c> on tables, or of default privileges on them.</summary>
internal sealed record TableGrant(int Offset, IReadOnlyList<string> Privileges, IReadOnlyList<string> Roles) : SchemaChange(Offset)
{
    public IReadOnlyList<SqlName> Tables { get; init; } = [];

    /// <summary>Schemas of which every table is meant.</summary>
    public IReadOnlyList<string> Schemas { get; init; } = [];

    public bool IsDefault { get; init; }

    public bool IsRevoke { get; init; }
}

internal sealed record Truncate(int Offset, SqlName Table) : SchemaChange(Offset);

/// <param name="Verb"><c>UPDATE</c> or <c>DELETE</c>.</param>
internal sealed record WriteRows(int Offset, string Verb, SqlName Table, bool HasCondition) : SchemaChange(Offset);

internal sealed record SetSearchPath(int Offset, string? Schema) : SchemaChange(Offset);

internal sealed record DropDatabase(int Offset, string Name) : SchemaChange(Offset);
