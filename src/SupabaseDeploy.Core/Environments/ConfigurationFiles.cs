namespace SupabaseDeploy.Environments;

/// <summary>Everything in a project's <c>env</c> folder as written, and everything that is wrong with it.</summary>
internal sealed record ConfigurationFiles
{
    private const int LongestName = 63;

    /// <summary>False when there is no <c>env/pipeline.yml</c>, and nothing that stands for one.</summary>
    public required bool HasPipeline { get; init; }

    /// <summary><c>env/pipeline.yml</c>; null when nothing of it could be read.</summary>
    public required WrittenPipeline? Pipeline { get; init; }

    /// <summary>The values of <c>env/*.json</c> by the name of the stage.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Variables { get; init; }

    /// <summary>In the order of the files: <c>pipeline.yml</c> first.</summary>
    public required IReadOnlyList<ConfigurationProblem> Problems { get; init; }

    /// <summary>Reads and checks all files.</summary>
    public static ConfigurationFiles Read(ProjectFolder project)
    {
        var problems = new ProblemList(Shown(project, project.PipelineFile));
        bool hasFile = File.Exists(project.PipelineFile);
        string other = Path.ChangeExtension(project.PipelineFile, ".yaml");
        bool isImplied = !hasFile && !File.Exists(other) && project.IsSupabaseProject;
        WrittenPipeline? pipeline = hasFile ? ReadPipeline(project, problems) : isImplied ? Implied(project) : null;
        if (!hasFile && !isImplied)
        {
            problems.Error("", 0, $"there is no such file in '{project.Root}'; expected one that declares the stages.{(File.Exists(other) ? " Did you mean 'env/pipeline.yaml'? Rename it." : "")}");
        }

        string[] names = [.. pipeline?.Stages.Select(stage => stage.Name?.Value ?? "") ?? []];
        List<ConfigurationProblem> all = [.. problems.InOrder(problem => StageOf(problem.Path, pipeline))];
        var variables = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (string file in VariablesFiles(project))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            variables[name] = ReadVariables(project, file, names, all);
        }

        return new ConfigurationFiles { HasPipeline = hasFile || isImplied, Pipeline = pipeline, Variables = variables, Problems = all };
    }

    /// <summary>What a project of the Supabase CLI declares by being one: a local stack.</summary>
    private static WrittenPipeline Implied(ProjectFolder project)
    {
        string name = string.Concat(Path.GetFileName(project.Root).Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        string application = name.Length > 0 && char.IsAsciiLetter(name[0]) ? name : "app-" + name;
        string text = $"application: {application[..Math.Min(application.Length, LongestName)]}\nstages:\n  - name: local\n    target: local\n";
        return new PipelineReader(new ProblemList(Shown(project, project.PipelineFile))).Read(text)!;
    }

    private static WrittenPipeline? ReadPipeline(ProjectFolder project, ProblemList problems)
    {
        if (ConfigurationText.Read(project.PipelineFile, problems) is not { } text
            || new PipelineReader(problems).Read(text) is not { } pipeline)
        {
            return null;
        }

        PipelineRules.Check(pipeline, problems);
        return pipeline;
    }

    private static IReadOnlyDictionary<string, string> ReadVariables(ProjectFolder project, string file, string[] stages, List<ConfigurationProblem> all)
    {
        var problems = new ProblemList(Shown(project, file));
        string name = Path.GetFileNameWithoutExtension(file);
        bool isStage = stages.Contains(name);
        if (!isStage && stages.Length > 0)
        {
            problems.Warning("", 0, $"no stage has the name '{name}', so that no command reads this file.{Suggestion.For(name, stages)}");
        }

        IReadOnlyDictionary<string, string> values = ConfigurationText.Read(file, problems) is { } text
            ? VariablesReader.Read(text, problems)
            : new Dictionary<string, string>();
        all.AddRange(problems.InOrder(_ => isStage ? name : null));
        return values;
    }

    private static IEnumerable<string> VariablesFiles(ProjectFolder project)
    {
        string folder = Path.GetDirectoryName(project.PipelineFile)!;
        return Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*.json").Where(file => !file.EndsWith(".schema.json", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            : [];
    }

    private static string Shown(ProjectFolder project, string file) => Path.GetRelativePath(project.Root, file).Replace('\\', '/');

    /// <summary>The stage whose entry in the list <paramref name="path"/> points into; null for the rest of the file.</summary>
    private static string? StageOf(string path, WrittenPipeline? pipeline) =>
        pipeline?.Stages.FirstOrDefault(stage => path == stage.Path || path.StartsWith(stage.Path + ".", StringComparison.Ordinal))?.Name?.Value;
}
