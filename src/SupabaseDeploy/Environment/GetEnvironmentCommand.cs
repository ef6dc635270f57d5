using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Shell.Environment;

/// <summary>Lists the environments of a project as <c>env/pipeline.yml</c> resolves them.</summary>
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
        foreach (DeploymentEnvironment environment in Resolve(Name))
        {
            Write(environment);
        }

        return Task.CompletedTask;
    }
}
