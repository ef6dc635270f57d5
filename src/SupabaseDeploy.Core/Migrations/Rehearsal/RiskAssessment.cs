using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Turns what was seen of a file into what it means: for the environment where its statistics are known, else in general.</summary>
internal sealed class RiskAssessment(EnvironmentStatistics? statistics)
{
    private static readonly TimeSpan s_medium = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_high = TimeSpan.FromSeconds(20);

    /// <summary>The statements of a file with sizes, estimates and risks.</summary>
    public IReadOnlyList<AssessedStatement> Assess(IReadOnlyList<StatementObservation> file)
    {
        StatementObservation[] sized = [.. file.Select(WithSizes)];
        DurationEstimate[] estimates = [.. sized.Select(statement => statement.Work.Aggregate(DurationEstimate.Zero, (sum, work) => sum + (work.Estimate ?? DurationEstimate.Zero)))];
        var assessed = new List<AssessedStatement>();
        var held = new Dictionary<(int Transaction, string Relation), LockMode>();
        for (int i = 0; i < sized.Length; i++)
        {
            StatementObservation statement = sized[i];
            int[] until = [.. Enumerable.Range(i, sized.Length - i).Where(later => later == i || (statement.Transaction > 0 && sized[later].Transaction == statement.Transaction))];
            DurationEstimate heldThere = until.Aggregate(DurationEstimate.Zero, (sum, later) => sum + estimates[later]);
            foreach (ObservedLock taken in statement.Locks)
            {
                held[(statement.Transaction, taken.Relation)] = taken.Mode;
            }

            StatementRisk[] risks =
            [
                .. statement.Work.Select(work => OfWork(statement, work, held.GetValueOrDefault((statement.Transaction, work.Relation)), heldThere)).OfType<StatementRisk>(),
                .. statement.Drops.Select(OfDrop).OfType<StatementRisk>(),
                .. statement.Locks.Select(taken => OfLock(statement, taken, heldThere, until.Skip(1).SelectMany(later => sized[later].Work))).OfType<StatementRisk>(),
                .. statement.SecurityChanges.Select(OfSecurity).OfType<StatementRisk>(),
            ];
            assessed.Add(new AssessedStatement(
                statement with { Locks = [.. statement.Locks.Select(taken => taken with { HeldThere = statistics is null ? null : heldThere })] },
                statistics is null ? null : estimates[i],
                [.. risks.OrderByDescending(risk => risk.Risk)]));
        }

        return assessed;
    }

    private StatementObservation WithSizes(StatementObservation statement) => statistics is null
        ? statement
        : statement with
        {
            Work = [.. statement.Work.Select(WithSize)],
            Drops = [.. statement.Drops.Select(drop => drop.Relation is null ? drop : drop with { Rows = RowsOf(drop.Relation) })],
        };

    private RelationWork WithSize(RelationWork work)
    {
        TableStatistics table = Find(work.Relation);
        return work with
        {
            Rows = RowsOf(work.Relation),
            Bytes = work.Kind == RelationWorkKind.Rewrite ? table.TotalBytes : table.Bytes,
            Estimate = work.Kind switch
            {
                RelationWorkKind.Rewrite => DurationEstimate.OfRewriting(table.TotalBytes),
                RelationWorkKind.IndexBuild => DurationEstimate.OfIndexing(table.Bytes),
                RelationWorkKind.Scan => DurationEstimate.OfReading(table.Bytes),
                _ => DurationEstimate.Zero,
            },
        };
    }

    // What the environment does not have is made by an earlier pending file, and is empty then.
    private TableStatistics Find(string relation) => statistics!.Find(relation) ?? new TableStatistics(relation, 0, 0, 0);

    private long? RowsOf(string relation) => Find(relation) is { IsEmpty: false } table ? table.Rows : 0;

    private bool IsEmpty(string relation) => statistics is not null && Find(relation).IsEmpty;

    private string Sized(string relation) => statistics is null ? relation : $"{relation} ({Find(relation)})";

    private StatementRisk? OfWork(StatementObservation statement, RelationWork work, LockMode held, DurationEstimate heldThere)
    {
        if (IsEmpty(work.Relation))
        {
            return null;
        }

        string? safeWay = SafeWays.For(statement.Statement, work.Kind);
        if (work.Kind == RelationWorkKind.Truncate)
        {
            return new StatementRisk(RehearsalRisk.High, $"Takes every row out of {Sized(work.Relation)}.", safeWay);
        }

        string does = work.Kind switch
        {
            RelationWorkKind.Rewrite => "Rewrites",
            RelationWorkKind.IndexBuild => "Builds an index from all of",
            _ => "Reads all of",
        };
        BlockedAccess blocked = held.Blocks();
        RehearsalRisk risk = statistics is null ? Unsized(work.Kind, blocked) : Sized(blocked, heldThere);
        string time = statistics is null ? "for as long as that takes" : $"for {heldThere}";
        string consequence = blocked == BlockedAccess.None ? $"{(statistics is null ? "" : $"takes {work.Estimate}, ")}reads and writes go on" : $"{Words(blocked)} are blocked {time}";
        return new StatementRisk(risk, $"{does} {Sized(work.Relation)}: {consequence}.", risk >= RehearsalRisk.Medium || blocked > BlockedAccess.None ? safeWay : null);
    }

    private StatementRisk? OfLock(StatementObservation statement, ObservedLock taken, DurationEstimate heldThere, IEnumerable<RelationWork> later)
    {
        bool isSaid = statement.Work.Any(work => work.Relation == taken.Relation) || statement.Drops.Any(drop => drop.Name == taken.Relation);
        if (taken.Blocks == BlockedAccess.None || taken.RelationKind == "index" || isSaid || IsEmpty(taken.Relation))
        {
            return null;
        }

        RelationWork[] longer = [.. later.Where(work => work.Kind != RelationWorkKind.Truncate && !IsEmpty(work.Relation))];
        RehearsalRisk risk = statistics is not null ? Sized(taken.Blocks, heldThere) : longer.Length > 0 ? RehearsalRisk.Medium : RehearsalRisk.Low;
        return risk > RehearsalRisk.Low
            ? new StatementRisk(
                risk,
                $"Holds {taken} until the transaction ends, and {string.Join(", ", longer.Select(work => work.Relation).Distinct())} comes in between: {Words(taken.Blocks)} are blocked{(statistics is null ? "" : $" for {heldThere}")}.",
                SafeWays.Hold)
            : new StatementRisk(
                RehearsalRisk.Low,
                $"Takes {taken}: it waits for whoever uses it, and {Words(taken.Blocks)} that come later wait behind it.",
                SafeWays.Brief);
    }

    private StatementRisk? OfDrop(DroppedObject dropped)
    {
        if (dropped.HoldsData)
        {
            return IsEmpty(dropped.Relation!)
                ? null
                : new StatementRisk(RehearsalRisk.High, $"Drops {dropped.Kind} {dropped.Name} with its data{(statistics is null ? "" : $" ({Find(dropped.Relation!)} in the table)")}.", SafeWays.ForDrop(dropped));
        }

        return dropped.IsCascaded
            ? new StatementRisk(RehearsalRisk.Medium, $"Drops {dropped}, which it does not name (CASCADE).", "Drop what depends on it by name, so that a reader sees it go.")
            : null;
    }

    private static StatementRisk? OfSecurity(string change) => change.StartsWith("DISABLE ROW LEVEL SECURITY", StringComparison.Ordinal)
        ? new StatementRisk(RehearsalRisk.High, $"Row level security goes: {change}. Every row is open to whoever has the privilege.", "Keep it enabled, and write the policy that lets through what should be.")
        : null;

    private static RehearsalRisk Unsized(RelationWorkKind kind, BlockedAccess blocked) => blocked switch
    {
        BlockedAccess.None => RehearsalRisk.Low,
        _ => kind == RelationWorkKind.Rewrite ? RehearsalRisk.High : RehearsalRisk.Medium,
    };

    private static RehearsalRisk Sized(BlockedAccess blocked, DurationEstimate time) => blocked switch
    {
        BlockedAccess.None => RehearsalRisk.None,
        _ when time.AtMost >= s_high => RehearsalRisk.High,
        _ when time.AtMost >= s_medium => RehearsalRisk.Medium,
        _ => RehearsalRisk.Low,
    };

    private static string Words(BlockedAccess blocked) => blocked == BlockedAccess.Writes ? "writes" : "reads and writes";
}

/// <summary>A statement with what it means.</summary>
internal sealed record AssessedStatement(StatementObservation Observation, DurationEstimate? Estimate, IReadOnlyList<StatementRisk> Risks);
