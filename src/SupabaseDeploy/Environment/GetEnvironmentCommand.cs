using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Shell.Environment;

/// <summary>Lists the environments of a project as <c>env/pipeline.yml</c> resolves them. One that cannot be resolved hides no other.</summary>
[Cmdlet(VerbsCommon.Get, "Environment")]
[OutputType(typeof(DeploymentEnvironment))]
public sealed class GetEnvironmentCommand : ProjectCmdlet
{
    /// <summary>Names or wildcards; all when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference[] Name { get; set; } = [EnvironmentReference.From("*")!];

    /// <inheritdoc/>
    protected override Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        foreach (EnvironmentReference reference in Name.Where(reference => reference.Environment is not null))
        {
            Write(reference.Environment!);
        }

        string[] patterns = [.. Name.Where(reference => reference.Environment is null).Select(reference => reference.Name)];
        if (patterns.Length > 0)
        {
            WriteMatching(DeploymentPipeline.Load(CurrentProject), patterns);
        }

        return Task.CompletedTask;
    }

    private void WriteMatching(DeploymentPipeline pipeline, string[] patterns)
    {
        HashSet<string> found = [.. patterns.SelectMany(pattern => Find(pipeline, pattern))];
        var unresolved = new List<ConfigurationProblem>();
        foreach (string name in pipeline.StageNames.Where(found.Contains))
        {
            if (pipeline.TryResolve(name, out DeploymentEnvironment? environment, out IReadOnlyList<ConfigurationProblem> problems))
            {
                Write(environment);
            }

            unresolved.AddRange(problems);
        }

        if (unresolved.Count > 0)
        {
            WriteFailure(DeploymentPipeline.Unresolved(unresolved));
        }
    }

    private IReadOnlyList<string> Find(DeploymentPipeline pipeline, string pattern)
    {
        try
        {
            return pipeline.Find(pattern);
        }
        catch (DeployException e)
        {
            WriteFailure(e);
            return [];
        }
    }
}
