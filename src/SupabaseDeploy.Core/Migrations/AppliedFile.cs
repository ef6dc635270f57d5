using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>An applied migration that has a file, and what the two say together.</summary>
/// <param name="File">The file.</param>
/// <param name="Row">Its row in the history.</param>
internal sealed record AppliedFile(MigrationFile File, AppliedVersion Row)
{
    /// <summary>What the statements of the row say about the file.</summary>
    public MigrationContent Content { get; init; }

    /// <summary>The statements that differ.</summary>
    public IReadOnlyList<StatementChange> Difference { get; init; } = [];

    /// <summary>True when the row keeps no statements though the file has some: old versions of the CLI kept none.</summary>
    public bool LacksStatements { get; init; }

    /// <summary>True when the row is of another migration: another name, and no statement in common. The file was never applied.</summary>
    public bool IsOtherMigration { get; init; }

    /// <summary>True when the row keeps no name though the file has one.</summary>
    public bool LacksName => string.IsNullOrEmpty(Row.Name) && File.Name.Length > 0;

    /// <summary>True when the row has a name that is not the file's.</summary>
    public bool HasOtherName => !string.IsNullOrEmpty(Row.Name) && Row.Name != File.Name;

    /// <summary>Where the migration stands.</summary>
    public MigrationState State => this switch
    {
        { IsOtherMigration: true } => MigrationState.OtherMigration,
        { Content: MigrationContent.Edited } => MigrationState.Edited,
        { HasOtherName: true } => MigrationState.Renamed,
        { Content: MigrationContent.CommentsEdited } => MigrationState.CommentsEdited,
        _ => MigrationState.Applied,
    };

    /// <summary>Compares files with their rows. Statements are fetched only of rows that the file does not plainly hold.</summary>
    public static async Task<IReadOnlyList<AppliedFile>> CompareAsync(
        NpgsqlConnection connection, IReadOnlyList<MigrationFile> files, IReadOnlyList<AppliedVersion> history, CancellationToken cancellationToken)
    {
        Dictionary<string, AppliedVersion> rows = history.ToDictionary(row => row.Version);
        AppliedFile[] applied = [.. files.Where(file => rows.ContainsKey(file.Version)).Select(file => new AppliedFile(file, rows[file.Version]))];
        if (applied.Length == 0)
        {
            return applied;
        }

        Dictionary<string, RecordedStatements> recorded = await MigrationHistory.ReadDigestsAsync(connection, cancellationToken).ConfigureAwait(false);
        await Parallel.ForAsync(
            0,
            applied.Length,
            cancellationToken,
            (i, _) =>
            {
                applied[i] = applied[i].ComparedWith(recorded.GetValueOrDefault(applied[i].File.Version, RecordedStatements.None));
                return ValueTask.CompletedTask;
            }).ConfigureAwait(false);

        string[] different = [.. applied.Where(file => file is { Content: MigrationContent.Unknown, LacksStatements: false }).Select(file => file.File.Version)];
        if (different.Length == 0)
        {
            return applied;
        }

        Dictionary<string, string[]> statements = await MigrationHistory.ReadStatementsAsync(connection, different, cancellationToken).ConfigureAwait(false);
        return [.. applied.Select(file => file.Content == MigrationContent.Unknown && statements.TryGetValue(file.File.Version, out string[]? row) ? file.ComparedWith(row) : file)];
    }

    /// <summary>What the history would keep of a file. Read as the CLI reads it, which takes bytes that are not UTF-8 for U+FFFD.</summary>
    public static string[] StatementsOf(MigrationFile file) =>
        [.. SqlSplitter.Split(SqlText.ReadTolerantly(file.Path)).Select(statement => statement.StoredText)];

    private AppliedFile ComparedWith(RecordedStatements recorded) => recorded.AreIn(System.IO.File.ReadAllBytes(File.Path))
        ? this with { Content = MigrationContent.Same }
        : this with { LacksStatements = recorded.Lengths.Length == 0 };

    private AppliedFile ComparedWith(string[] recorded)
    {
        string[] inFile = StatementsOf(File);
        MigrationContent content = StatementDifference.Compare(recorded, inFile);
        return this with
        {
            Content = content,
            Difference = content == MigrationContent.Same ? [] : StatementDifference.Between(recorded, inFile),
            IsOtherMigration = content == MigrationContent.Edited && HasOtherName && StatementDifference.HaveNothingInCommon(recorded, inFile),
        };
    }
}
