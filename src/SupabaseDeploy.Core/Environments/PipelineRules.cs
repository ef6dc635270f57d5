using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Environments;

/// <summary>What must hold between the values of <c>env/pipeline.yml</c>.</summary>
internal static class PipelineRules
{
    public static void Check(WrittenPipeline pipeline, ProblemList problems)
    {
        if (pipeline.Stages.Count == 0 && !problems.HasErrors)
        {
            problems.Error("stages", 0, "the list is empty; expected at least one stage.");
        }

        string[] names = [.. pipeline.Stages.Select(stage => stage.Name?.Value ?? "")];
        CheckUnique(pipeline.Stages.Select(stage => stage.Name), problems);
        CheckEndpoints(pipeline.Health, pipeline.Web, problems);
        for (int index = 0; index < pipeline.Stages.Count; index++)
        {
            WrittenStage stage = pipeline.Stages[index];
            CheckPromotion(stage, names, index, problems);
            CheckTarget(stage, problems);
            CheckDatabase(stage.Database, problems);
            CheckEndpoints(stage.Health, pipeline.Web, problems);
        }
    }

    private static void CheckPromotion(WrittenStage stage, string[] names, int index, ProblemList problems)
    {
        if (stage.PromoteFrom is not { } from)
        {
            if (stage.Gates?.Evidence.Select(evidence => evidence.Kind).FirstOrDefault(kind => kind.Value == "healthy") is { } healthy)
            {
                problems.Error(healthy.Path, healthy.Line, "'healthy' is evidence from the stage a release comes from; expected 'promoteFrom' beside 'gates' to name it.");
            }

            if (stage.Gates?.Soak is { } soak)
            {
                problems.Error(soak.Path, soak.Line, "'soak' is time on the stage a release comes from; expected 'promoteFrom' beside 'gates' to name it.");
            }

            return;
        }

        // Only stages before this one: so there is no way in a circle.
        string[] earlier = [.. names.Take(index).Where(name => name.Length > 0)];
        if (earlier.Contains(from.Value))
        {
            return;
        }

        if (!names.Contains(from.Value) && names.Take(index).Any(name => name.Length == 0))
        {
            return; // A stage before has no name that can be used, which is reported where it stands: this may be meant for that one.
        }

        string wrong = from.Value == names[index] ? "is this stage itself"
            : names.Contains(from.Value) ? "comes later in promotion order"
            : "is not a stage";
        string expected = earlier.Length == 0 ? "no 'promoteFrom' on the first stage" : Suggestion.OneOf(earlier);
        problems.Error(from.Path, from.Line, $"'{from.Value}' {wrong}; expected {expected}.{Suggestion.For(from.Value, earlier)}");
    }

    private static void CheckTarget(WrittenStage stage, ProblemList problems)
    {
        if (stage.Target is not { Value: var target } written)
        {
            return;
        }

        Only(stage.Project, "project", target == TargetKind.SupabaseCloud, "'supabase-cloud'", problems);
        Only(stage.Compose, "compose", target == TargetKind.Docker, "'docker'", problems);
        Only(stage.Engine, "engine", target == TargetKind.Local, "'local'", problems);
        Only(stage.Database, "database", target != TargetKind.Local, "'supabase-cloud', 'docker' and 'kubernetes'; a local stage has a cluster of its own", problems);
        Needed(stage, stage.Project, "project", "the project's reference", target == TargetKind.SupabaseCloud, problems);
        Needed(stage, stage.Compose, "compose", "the path of a compose file", target == TargetKind.Docker, problems);
        Needed(stage, stage.Database, "database", "a database URL, usually '${secret:NAME}'", target is TargetKind.Docker or TargetKind.Kubernetes, problems);
        if (target == TargetKind.Local && stage.Configuration is { } configuration)
        {
            problems.Warning(configuration.Place.Path, configuration.Place.Line, "a local stage takes its settings from supabase/config.toml, so that this has no effect.");
        }

        foreach ((string key, string path, int line) in target == TargetKind.SupabaseCloud ? [] : stage.Cloud.Given)
        {
            problems.Error(path, line, $"'{key}' does not belong here; it is for target 'supabase-cloud'.");
        }

        if (target is TargetKind.Docker or TargetKind.Kubernetes)
        {
            problems.Warning(written.Path, written.Line, "this version can read this target but cannot publish to it; only 'local' and 'supabase-cloud' can be published to.");
        }
    }

    private static void Only<T>(Written<T>? value, string key, bool applies, string targets, ProblemList problems)
    {
        if (value is not null && !applies)
        {
            problems.Error(value.Path, value.Line, $"'{key}' does not belong here; it is for target {targets}.");
        }
    }

    private static void Needed(WrittenStage stage, Written<string>? value, string key, string expected, bool isNeeded, ProblemList problems)
    {
        string path = $"{stage.Path}.{key}";
        if (isNeeded && value is null && !problems.Problems.Any(problem => problem.Path == path))
        {
            problems.Error(path, stage.Line, $"'{key}' is missing; expected {expected}.");
        }
    }

    private static void CheckDatabase(Written<string>? database, ProblemList problems)
    {
        if (database is null || Reference.IsIn(database.Value) && !PublicValue.HoldsPassword(database.Value))
        {
            return;
        }

        if (PublicValue.HoldsPassword(database.Value))
        {
            problems.Error(database.Path, database.Line, "the database URL holds a password, and this file is kept in git; expected '${secret:NAME}' in its place.");
            return;
        }

        try
        {
            DatabaseAddress.Parse(database.Value);
        }
        catch (DeployException e)
        {
            problems.Error(database.Path, database.Line, $"{e.Message.TrimEnd('.')}; expected a database URL, usually '${{secret:NAME}}'.");
        }
    }

    private static void CheckEndpoints(WrittenHealth? health, WrittenWeb? web, ProblemList problems)
    {
        CheckUnique(health?.Endpoints.Select(endpoint => endpoint.Name) ?? [], problems);
        foreach (Written<string> url in health?.Endpoints.Select(endpoint => endpoint.Url).OfType<Written<string>>() ?? [])
        {
            // A warning only: New-Release -WebBundle can name one all the same. Beside an error it would distract: 'web' may be what is wrong.
            if (web?.Bundle is null && !problems.HasErrors && url.Value.StartsWith('/'))
            {
                problems.Warning(url.Path, url.Line, $"'{url.Value}' is in the environment's own web root, which serves nothing without a web bundle; expected 'web.bundle' to name one, or a whole URL.");
            }
        }
    }

    private static void CheckUnique(IEnumerable<Written<string>?> names, ProblemList problems)
    {
        var seen = new Dictionary<string, int>();
        foreach (Written<string> name in names.OfType<Written<string>>())
        {
            if (!seen.TryAdd(name.Value, name.Line))
            {
                problems.Error(name.Path, name.Line, $"'{name.Value}' is taken, first on line {seen[name.Value]}; expected a name of its own.");
            }
        }
    }
}
