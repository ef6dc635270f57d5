using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Makes the results of one file from what was seen and judged.</summary>
internal static class FileReport
{
    public static IReadOnlyList<StatementRehearsal> Make(DeploymentEnvironment environment, FileObservation file, RiskAssessment assessment)
    {
        var results = new List<StatementRehearsal>();
        foreach (AssessedStatement assessed in assessment.Assess(file.Statements))
        {
            StatementObservation observed = assessed.Observation;
            results.Add(Result(environment, file, observed.Statement) with
            {
                Duration = observed.Duration,
                Estimate = assessed.Estimate,
                IsInTransaction = observed.Transaction > 0,
                Locks = observed.Locks,
                Work = observed.Work,
                Drops = observed.Drops,
                SecurityChanges = observed.SecurityChanges,
                Risks = assessed.Risks,
            });
        }

        if (file.Failure is not null)
        {
            results.Add(Failed(environment, file));
        }

        return results;
    }

    /// <summary>The statement that failed, or the end of the transaction, where deferred constraints are checked.</summary>
    private static StatementRehearsal Failed(DeploymentEnvironment environment, FileObservation file)
    {
        StatementRehearsal result = file.Failed is { } statement
            ? Result(environment, file, statement)
            : new StatementRehearsal
            {
                Environment = environment,
                Version = file.File.Version,
                File = file.File.FileName,
                Path = file.File.Path,
                Line = TextPlace.Of(file.Script.Text, file.Script.Text.Length).Line,
                Statement = "commit",
                FirstLine = "commit",
            };
        return result with { Failure = file.Failure!.Message, Risks = [new StatementRisk(RehearsalRisk.Failed, FirstLineOf(file.Failure.Message), file.Failure.Remedy)] };
    }

    private static StatementRehearsal Result(DeploymentEnvironment environment, FileObservation file, SqlStatement statement) => new()
    {
        Environment = environment,
        Version = file.File.Version,
        File = file.File.FileName,
        Path = file.File.Path,
        Line = statement.Line,
        Statement = statement.Text,
        FirstLine = FirstLineOf(statement.Text[Math.Max(0, statement.CodeStart - statement.Start)..]),
    };

    private static string FirstLineOf(string text)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).Trim();
    }
}
