using Npgsql;

namespace SupabaseDeploy.Migrations;

/// <summary>The history and the folder as they are, two files of one version included.</summary>
internal sealed record RepairState(IReadOnlyList<AppliedVersion> History, IReadOnlyList<MigrationFile> Files, IReadOnlyList<AppliedFile> Applied, IReadOnlySet<string> WithStatements)
{
    /// <summary>The newest applied version; null when there is none.</summary>
    public string? NewestApplied => History.Count == 0 ? null : History[^1].Version;

    public static async Task<RepairState> ReadAsync(NpgsqlConnection connection, IReadOnlyList<MigrationFile> files, CancellationToken cancellationToken)
    {
        IReadOnlyList<AppliedVersion> history = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<AppliedFile> applied = await AppliedFile.CompareAsync(connection, files, history, cancellationToken).ConfigureAwait(false);
        Dictionary<string, RecordedStatements> recorded = await MigrationHistory.ReadDigestsAsync(connection, cancellationToken).ConfigureAwait(false);
        return new(history, files, applied, recorded.Where(row => row.Value.Lengths.Length > 0).Select(row => row.Key).ToHashSet());
    }

    public AppliedVersion? Row(string version) => History.FirstOrDefault(row => row.Version == version);

    public bool HasStatements(string version) => WithStatements.Contains(version);
}
