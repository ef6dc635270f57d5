using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>What to rehearse.</summary>
public sealed record RehearsalRequest
{
    /// <summary>The environment, for results.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The folder of the migrations, absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>The database whose pending migrations and sizes count; it is only read. Null to rehearse the files themselves.</summary>
    public DatabaseAddress? Database { get; init; }

    /// <summary>Leave out versions before this one; null for no limit.</summary>
    public string? From { get; init; }

    /// <summary>Rehearse only the last so many files; null for no limit.</summary>
    public int? Last { get; init; }

    /// <summary>Take pending files that are older than what is applied, as <c>Invoke-Migration -IncludeOutOfOrder</c> does.</summary>
    public bool IncludeOutOfOrder { get; init; }

    /// <summary>Leave the down scripts untested.</summary>
    public bool SkipDown { get; init; }

    /// <summary>The files of <paramref name="pending"/> that are asked for.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.RehearsalVersionNotFound"/>.</exception>
    internal IReadOnlyList<MigrationFile> Select(IReadOnlyList<MigrationFile> files, IReadOnlyList<MigrationFile> pending)
    {
        if (From is not null && files.All(file => file.Version != From))
        {
            throw new DeployException(
                ErrorTable.RehearsalVersionNotFound,
                $"Version '{From}' is not in '{Folder}'.",
                "Give the version of one of its files; Get-Migration -Offline lists them.",
                From);
        }

        IEnumerable<MigrationFile> asked = pending.Where(file => From is null || string.CompareOrdinal(file.Version, From) >= 0);
        return [.. Last is { } last ? asked.TakeLast(last) : asked];
    }
}
