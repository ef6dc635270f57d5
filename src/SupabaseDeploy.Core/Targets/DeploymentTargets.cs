using System.Collections.Concurrent;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Targets.Local;
using SupabaseDeploy.Targets.SupabaseCloud;

namespace SupabaseDeploy.Targets;

/// <summary>The targets this version supports.</summary>
/// <param name="timeProvider">Time; null for the system's.</param>
public sealed class DeploymentTargets(TimeProvider? timeProvider = null) : IDeploymentTargets
{
    // The way to a project's database and its temporary role are found once, and a publish asks for the target many times.
    private readonly ConcurrentDictionary<(string Root, string Name, string Project), SupabaseCloudTarget> _cloud = [];

    /// <inheritdoc/>
    /// <exception cref="DeployException"><see cref="ErrorTable.TargetNotSupported"/>.</exception>
    public IDeploymentTarget For(DeploymentEnvironment environment) => environment.Target switch
    {
        TargetKind.Local => new LocalTarget(environment, timeProvider ?? TimeProvider.System),
        TargetKind.SupabaseCloud => _cloud.GetOrAdd((environment.Project.Root, environment.Name, environment.ProjectReference!), _ => new SupabaseCloudTarget(environment, timeProvider ?? TimeProvider.System)),
        TargetKind.Database => new DatabaseTarget(environment),
        _ => throw new DeployException(
            ErrorTable.TargetNotSupported,
            $"Environment '{environment.Name}' cannot be worked on: target '{environment.Target.ToText()}' is not supported by this version.",
            "Use target 'local' or 'supabase-cloud' in env/pipeline.yml, or give the database itself with -DatabaseUrl where the command takes it.",
            environment.Name),
    };
}
