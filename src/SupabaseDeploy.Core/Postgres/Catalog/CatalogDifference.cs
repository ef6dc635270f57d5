namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>What a difference between two schemas puts at stake, in order.</summary>
public enum DifferenceSeverity
{
    /// <summary>Nothing that runs depends on it: comments, statistics, the order of columns, an extension's version.</summary>
    Low,

    /// <summary>Behaviour: functions, views, triggers, constraints, indexes, defaults.</summary>
    Medium,

    /// <summary>Data or who may see it: tables, columns and their types, row-level security, policies, privileges, owners, functions that run as their owner.</summary>
    High,
}

/// <summary>One object that is not the same in two databases.</summary>
public sealed record CatalogDifference
{
    /// <summary>What it is.</summary>
    public required CatalogKind Kind { get; init; }

    /// <summary>Its schema as SQL writes it; empty for what is in no schema.</summary>
    public required string Schema { get; init; }

    /// <summary>Its full name: <c>public.users.email</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its definition on the left, for a table with all that belongs to it; null where it is not there.</summary>
    public required string? Left { get; init; }

    /// <summary>Its definition on the right; null where it is not there.</summary>
    public required string? Right { get; init; }

    /// <summary>What is at stake.</summary>
    public required DifferenceSeverity Severity { get; init; }

    /// <summary>A query that shows the object's state in a database; it gives no row where the object is missing, and changes nothing.</summary>
    public required string Sql { get; init; }

    /// <summary><c>table public.users</c>.</summary>
    public override string ToString() => $"{CatalogObject.Word(Kind)} {Name}";
}
