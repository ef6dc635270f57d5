using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Backups;

/// <summary>What a restore would bring back and what it would lose, from the rows that are there now.</summary>
public sealed record RestorePlan : IEnvironmentResult
{
    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The backup.</summary>
    public required DeploymentBackup Backup { get; init; }

    /// <summary>Where the database is: <c>127.0.0.1:54322</c>.</summary>
    public required string Host { get; init; }

    /// <summary>The database that would be replaced.</summary>
    public required string Database { get; init; }

    /// <summary>Everything written after the backup is lost: this long.</summary>
    public required TimeSpan TimeLost { get; init; }

    /// <summary>Tables whose number of rows differs; null when the live database cannot be read.</summary>
    public required IReadOnlyList<RowDifference>? Differences { get; init => field = value?.ToArray(); }

    /// <summary>Rows of the live database in tables that have fewer in the backup; at least these are lost. Null when it cannot be read.</summary>
    public long? RowsLost => Differences?.Sum(difference => Math.Max(0, difference.Live - difference.Backup));

    /// <summary>Rows of the backup in tables that have fewer now; at least these come back. Null when the live database cannot be read.</summary>
    public long? RowsReturned => Differences?.Sum(difference => Math.Max(0, difference.Backup - difference.Live));

    /// <summary>The question: what would be done, and what it costs.</summary>
    public override string ToString()
    {
        string rows = Differences is null
            ? "the live database cannot be read, so what would be lost is not known"
            : $"{RowsReturned} rows come back, {RowsLost} rows would be lost";
        return $"Replace database '{Database}' by backup '{Backup.Id}' of {Backup.ConsistentAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z: {rows}, with every change of the last {Readable(TimeLost)}";
    }

    internal static string Readable(TimeSpan span) => span switch
    {
        { TotalDays: >= 2 } => $"{span.TotalDays:0} days",
        { TotalHours: >= 2 } => $"{span.TotalHours:0} hours",
        { TotalMinutes: >= 2 } => $"{span.TotalMinutes:0} minutes",
        _ => $"{span.TotalSeconds:0} seconds",
    };
}

/// <summary>One table whose number of rows differs.</summary>
/// <param name="Table"><c>schema.table</c>.</param>
/// <param name="Live">Rows now; 0 where the table is not there.</param>
/// <param name="Backup">Rows in the backup; 0 where the table is not in it.</param>
public sealed record RowDifference(string Table, long Live, long Backup)
{
    /// <summary><c>public.grades 12 → 10</c>: what a list of differences shows of each.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Table} {Live} → {Backup}");
}
