namespace SupabaseDeploy.Postgres;

/// <summary>How much of an extension its shim does.</summary>
public enum ShimKind
{
    /// <summary>What the extension does, in SQL.</summary>
    Working,

    /// <summary>Calls are kept in tables where they can be read; what they ask for is not done.</summary>
    Recording,

    /// <summary>Types and functions are there; a call that could not be answered truly is refused or answered with an error.</summary>
    Refusing,

    /// <summary>Nothing: <c>create extension</c> is recorded and what needs the extension fails.</summary>
    Skipped,
}

/// <summary>An extension of ours under the name of one that the server lacks. On local servers only.</summary>
/// <param name="Name">The extension's name.</param>
/// <param name="Kind">How much of it there is.</param>
/// <param name="Note">What it does and does not, as one clause that follows its name: <c>jobs are recorded, not run</c>.</param>
public sealed record ShimExtension(string Name, ShimKind Kind, string Note)
{
    /// <summary>What the comment of every shim in <c>pg_available_extensions</c> begins with.</summary>
    public const string Mark = "Shim: ";

    /// <summary>The version that is created when none is named: the original's at the time of writing.</summary>
    public string Version { get; init; } = "1.0";

    /// <summary>Other versions that migrations name; all have the same objects.</summary>
    public IReadOnlyList<string> OtherVersions { get; init; } = [];

    /// <summary>The schema it must be in; null for any.</summary>
    public string? Schema { get; init; }

    /// <summary>Whether <c>alter extension … set schema</c> works, as with the original.</summary>
    public bool IsRelocatable { get; init; }

    /// <summary>The extensions it needs.</summary>
    public IReadOnlyList<string> Requires { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The text of its control file.</summary>
    internal string Control
    {
        get
        {
            List<string> lines =
            [
                $"comment = '{Mark}{Note.Replace("'", "''", StringComparison.Ordinal)}'",
                $"default_version = '{Version}'",
                $"relocatable = {(IsRelocatable ? "true" : "false")}",
                "superuser = true",
                "trusted = true",
            ];
            if (Schema is not null)
            {
                lines.Add($"schema = '{Schema}'");
            }

            if (Requires.Count > 0)
            {
                lines.Add($"requires = '{string.Join(", ", Requires)}'");
            }

            return string.Join('\n', lines) + "\n";
        }
    }

    /// <summary>Its script, which says once, where it is created, what it is.</summary>
    internal string Script(string sql)
    {
        string message = Kind == ShimKind.Skipped
            ? $"extension {Name} was skipped: this PostgreSQL lacks it; {Note}"
            : $"extension {Name} is a shim, as this PostgreSQL lacks it: {Note}";
        return
            $"""
            do $shim$
            begin
                raise warning using errcode = '{ShimExtensions.WarningState}', message = '{message.Replace("'", "''", StringComparison.Ordinal)}';
            end
            $shim$;

            {sql}
            """;
    }
}
