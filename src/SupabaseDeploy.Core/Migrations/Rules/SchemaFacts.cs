using SupabaseDeploy.Migrations.Rules.Reading;

namespace SupabaseDeploy.Migrations.Rules;

internal sealed record IndexFacts(string? Name, IReadOnlyList<string?> Columns);

internal sealed record ForeignKeyFacts(string Name, IReadOnlyList<string> Columns, SqlName References);

/// <summary>What is known of a table.</summary>
internal sealed class TableFacts
{
    /// <summary>Null while nothing says so.</summary>
    public bool? HasRowSecurity { get; set; }

    public bool HasPrimaryKey { get; set; }

    /// <summary>False when the table came from somewhere that was not read, so that what is not here may still be there.</summary>
    public bool IsComplete { get; set; }

    /// <summary>True when the files that are checked make it.</summary>
    public bool IsNew { get; set; }

    public bool IsPartition { get; set; }

    /// <summary>True for a temporary table, which nobody else sees.</summary>
    public bool IsTemporary { get; set; }

    /// <summary>Types by column.</summary>
    public Dictionary<string, string> Columns { get; init; } = new(StringComparer.Ordinal);

    public List<IndexFacts> Indexes { get; init; } = [];

    public List<ForeignKeyFacts> ForeignKeys { get; init; } = [];

    public Dictionary<string, PolicyDefinition> Policies { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Columns that a validated <c>CHECK (column IS NOT NULL)</c> covers.</summary>
    public HashSet<string> NeverNull { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Such checks that were added <c>NOT VALID</c>: column by constraint.</summary>
    public Dictionary<string, string> UnprovenNeverNull { get; init; } = new(StringComparer.Ordinal);

    public bool HasIndexOn(string column) => Indexes.Any(index => index.Columns.Count > 0 && index.Columns[0] == column);

    /// <summary>True when an index starts with these columns, in any order.</summary>
    public bool HasIndexOn(IReadOnlyList<string> columns) =>
        Indexes.Any(index => index.Columns.Count >= columns.Count && columns.All(column => index.Columns.Take(columns.Count).Contains(column)));

    public TableFacts Copy() => new()
    {
        HasRowSecurity = HasRowSecurity,
        HasPrimaryKey = HasPrimaryKey,
        IsComplete = IsComplete,
        IsPartition = IsPartition,
        Columns = new(Columns, StringComparer.Ordinal),
        Indexes = [.. Indexes],
        ForeignKeys = [.. ForeignKeys],
        Policies = new(Policies, StringComparer.Ordinal),
        NeverNull = new(NeverNull, StringComparer.Ordinal),
        UnprovenNeverNull = new(UnprovenNeverNull, StringComparer.Ordinal),
    };
}

/// <param name="Signature">With the types of its arguments in a catalog, without them in texts.</param>
internal sealed record FunctionFacts(string Signature, bool IsDefiner, bool HasSearchPath);

internal sealed record ViewFacts(bool IsMaterialized, bool IsInvoker, bool ReadsAuthUsers);
