using SupabaseDeploy.Migrations.Rules;

namespace SupabaseDeploy.Migrations;

/// <summary>A lock of a pending migration that an application waits for.</summary>
/// <param name="Version">The migration's version.</param>
/// <param name="File">Its file's name.</param>
/// <param name="Line">Where the statement starts, from 1.</param>
/// <param name="Relation">What is locked: <c>public.messages</c>.</param>
/// <param name="Blocks">What of the application waits.</param>
/// <param name="Message">Which lock, and for how long where that is known.</param>
public sealed record BlockingLock(string Version, string File, int Line, string Relation, BlockedAccess Blocks, string Message)
{
    private static readonly HashSet<string> s_readsAndWrites =
    [
        RuleTable.ColumnTypeChange.Id, RuleTable.SetNotNull.Id, RuleTable.VolatileDefault.Id, RuleTable.DropIndexNotConcurrent.Id, RuleTable.UniqueWithoutIndex.Id,
        RuleTable.DropTable.Id, RuleTable.DropColumn.Id, RuleTable.Truncate.Id, RuleTable.RenameTable.Id, RuleTable.RenameColumn.Id,
    ];

    private static readonly HashSet<string> s_writes = [RuleTable.IndexNotConcurrent.Id, RuleTable.ReindexNotConcurrent.Id, RuleTable.ConstraintWithoutNotValid.Id];

    /// <summary>The locks that a rehearsed statement was seen to take on what the environment has, and uses.</summary>
    internal static IEnumerable<BlockingLock> Of(StatementRehearsal statement, EnvironmentStatistics? statistics) => statement.Locks
        .Where(held => held.Blocks != BlockedAccess.None && held.RelationKind != "index" && (statistics is null || statistics.Find(held.Relation) is { IsEmpty: false }))
        .Select(held => new BlockingLock(
            statement.Version, statement.File, statement.Line, held.Relation, held.Blocks,
            $"takes {held}: {Waiting(held.Blocks)} {(held.HeldThere is { } time ? $"for {time}" : "until its transaction ends")}"));

    /// <summary>The locks that the texts of pending files foretell, without anything having run.</summary>
    /// <param name="files">The files, in order.</param>
    internal static IReadOnlyList<BlockingLock> Foretold(IReadOnlyList<(MigrationFile File, string Text)> files)
    {
        Dictionary<string, MigrationFile> byPath = files.ToDictionary(file => file.File.Path, file => file.File, StringComparer.Ordinal);
        return
        [
            .. MigrationRules.Check([.. files.Select(file => new RuleFile(file.File.Path, file.Text))])
                .Where(finding => s_readsAndWrites.Contains(finding.RuleId) || s_writes.Contains(finding.RuleId))
                .Select(finding => (Finding: finding, File: byPath[finding.File], Blocks: s_writes.Contains(finding.RuleId) ? BlockedAccess.Writes : BlockedAccess.ReadsAndWrites))
                .Select(each => new BlockingLock(
                    each.File.Version, each.File.FileName, each.Finding.Line, each.Finding.Object, each.Blocks,
                    $"{Waiting(each.Blocks)}, by rule {each.Finding.RuleId}: {each.Finding.Message}")),
        ];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line} {Message}";

    private static string Waiting(BlockedAccess blocks) => blocks == BlockedAccess.Writes ? "writes wait" : "reads and writes wait";
}
