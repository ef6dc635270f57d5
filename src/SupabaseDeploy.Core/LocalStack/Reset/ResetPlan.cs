using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.LocalStack;

/// <summary>A table whose rows a reset loses.</summary>
/// <param name="Table">Schema and name.</param>
/// <param name="Rows">Its rows, as the server estimates them.</param>
public sealed record LostTable(string Table, long Rows)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Table} ({Rows} {(Rows == 1 ? "row" : "rows")})");
}

/// <summary>What a reset would make, and what it would lose.</summary>
public sealed record ResetPlan : IEnvironmentResult
{
    private const int NamesShown = 5;

    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary><c>host:port/database</c>.</summary>
    public required string Database { get; init; }

    /// <summary>The files to apply, in order.</summary>
    public required IReadOnlyList<MigrationFile> Migrations { get; init => field = value.ToArray(); }

    /// <summary>The seeds to run after them.</summary>
    public required IReadOnlyList<SeedFile> Seeds { get; init => field = value.ToArray(); }

    /// <summary>Tables with rows that are lost, the fullest first. What the seeds put in comes back.</summary>
    public required IReadOnlyList<LostTable> Loses { get; init => field = value.ToArray(); }

    /// <summary>Other databases of the same server, which are lost too: what restores kept, and what somebody made by hand.</summary>
    public required IReadOnlyList<string> OtherDatabases { get; init => field = value.ToArray(); }

    /// <summary>What is asked of a person: all that is needed to say yes or no.</summary>
    public override string ToString()
    {
        string made = $"{Counted(Migrations.Count, "migration")}{(Seeds.Count > 0 ? $" and {Counted(Seeds.Count, "seed")}" : "")}";
        string rows = Loses.Count == 0 ? "It holds no rows." : $"This loses the rows of {Names(Loses.Select(table => table.ToString()))}.";
        string others = OtherDatabases.Count == 0 ? "" : $" It also loses {(OtherDatabases.Count == 1 ? "database" : "the databases")} {Names(OtherDatabases)}.";
        return $"Replace the database by a new one with {made}. {rows}{others}";
    }

    private static string Counted(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static string Names(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return all.Length <= NamesShown ? string.Join(", ", all) : $"{string.Join(", ", all.Take(NamesShown))} and {Counted(all.Length - NamesShown, "other")}";
    }
}
