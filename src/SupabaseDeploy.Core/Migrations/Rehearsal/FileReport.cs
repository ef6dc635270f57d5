using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations.Rules;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Makes results from what was seen, judged, found by rules and proven of down scripts.</summary>
internal sealed class FileReport(
    DeploymentEnvironment environment, RiskAssessment assessment, IReadOnlyList<RuleFinding> findings, IReadOnlyList<DownProof> downs)
{
    // What they foresee was seen, or seen not to happen, and is judged by the size of the table.
    private static readonly HashSet<string> s_seen =
    [
        RuleTable.ColumnTypeChange.Id, RuleTable.SetNotNull.Id, RuleTable.VolatileDefault.Id, RuleTable.IndexNotConcurrent.Id, RuleTable.DropIndexNotConcurrent.Id,
        RuleTable.ReindexNotConcurrent.Id, RuleTable.ConstraintWithoutNotValid.Id, RuleTable.UniqueWithoutIndex.Id, RuleTable.DropTable.Id, RuleTable.DropColumn.Id,
        RuleTable.DropCascade.Id, RuleTable.Truncate.Id,
    ];

    private readonly ILookup<string, RuleFinding> _findings = findings.ToLookup(finding => finding.File);
    private readonly Dictionary<string, DownProof> _downs = downs.ToDictionary(proof => proof.Version);

    /// <summary>One result a statement.</summary>
    public IReadOnlyList<StatementRehearsal> Make(FileObservation file)
    {
        IReadOnlyList<AssessedStatement> assessed = assessment.Assess(file.Statements);
        ILookup<SqlStatement, RuleFinding> found = _findings[file.File.Path].Where(_ => file.Statements.Count > 0).ToLookup(finding => PlaceOf(file, finding));
        DownProof? down = _downs.GetValueOrDefault(file.File.Version);
        var results = new List<StatementRehearsal>();
        foreach (AssessedStatement each in assessed)
        {
            StatementObservation observed = each.Observation;
            RuleFinding[] own = [.. found[observed.Statement]];
            StatementRisk[] last = ReferenceEquals(each, assessed[^1]) && RiskOf(down) is { } risk ? [risk] : [];
            results.Add(Result(file, observed.Statement) with
            {
                Duration = observed.Duration,
                Estimate = each.Estimate,
                IsInTransaction = observed.Transaction > 0,
                Locks = observed.Locks,
                Work = observed.Work,
                Drops = observed.Drops,
                SecurityChanges = observed.SecurityChanges,
                Findings = own,
                Risks = [.. each.Risks.Concat(own.Where(finding => !s_seen.Contains(finding.RuleId)).Select(RiskOf)).Concat(last).OrderByDescending(each => each.Risk)],
                Down = down,
            });
        }

        if (file.Failure is not null)
        {
            results.Add(Failed(file));
        }

        return results;
    }

    /// <summary>The statement a finding is about; where that is only a comment, the first one.</summary>
    private static SqlStatement PlaceOf(FileObservation file, RuleFinding finding)
    {
        SqlStatement? statement = file.Script.Statements.ElementAtOrDefault(finding.Statement);
        return file.Statements.Any(observed => ReferenceEquals(observed.Statement, statement)) ? statement! : file.Statements[0].Statement;
    }

    private static StatementRisk RiskOf(RuleFinding finding) => new(
        finding.Severity switch
        {
            RuleSeverity.High => RehearsalRisk.High,
            RuleSeverity.Medium => RehearsalRisk.Medium,
            RuleSeverity.Low => RehearsalRisk.Low,
            _ => RehearsalRisk.None,
        },
        $"{finding.Message} ({finding.RuleId})",
        finding.Remedy);

    private static StatementRisk? RiskOf(DownProof? down) => down?.Outcome switch
    {
        null or DownOutcome.Proven or DownOutcome.Missing => null,
        _ => new StatementRisk(RehearsalRisk.Medium, down.Message, "Correct the down script, or remove it and say in the migration that a backup is the way back."),
    };

    /// <summary>The statement that failed, or the end of the transaction, where deferred constraints are checked.</summary>
    private StatementRehearsal Failed(FileObservation file)
    {
        StatementRehearsal result = file.Failed is { } statement
            ? Result(file, statement)
            : Result(file, TextPlace.Of(file.Script.Text, file.Script.Text.Length).Line, "commit", "commit");
        return result with
        {
            Failure = file.Failure!.Message,
            Risks = [new StatementRisk(RehearsalRisk.Failed, FirstLineOf(file.Failure.Message), file.Failure.Remedy)],
        };
    }

    private StatementRehearsal Result(FileObservation file, SqlStatement statement) =>
        Result(file, statement.Line, statement.Text, FirstLineOf(statement.Text[Math.Max(0, statement.CodeStart - statement.Start)..]));

    private StatementRehearsal Result(FileObservation file, int line, string text, string firstLine) => new()
    {
        Environment = environment,
        Version = file.File.Version,
        File = file.File.FileName,
        Path = file.File.Path,
        Line = line,
        Statement = text,
        FirstLine = firstLine,
    };

    private static string FirstLineOf(string text)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).Trim();
    }
}
