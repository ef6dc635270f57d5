using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.LocalStack;

/// <summary>Shows what runs for local environments on this machine, of this project and of others, or what their services write to their logs.</summary>
[Cmdlet(VerbsCommon.Get, "LocalStack", DefaultParameterSetName = StackSet)]
[OutputType(typeof(LocalStackInfo), ParameterSetName = [StackSet])]
[OutputType(typeof(LogLine), ParameterSetName = [LogSet])]
public sealed class GetLocalStackCommand : LocalStackCmdlet
{
    private const string StackSet = "Stack";
    private const string LogSet = "Log";

    /// <summary>The services whose logs to read: <c>db</c>, <c>functions</c>, <c>*</c> for all.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LogSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LogCompleter))]
    public string[] Log { get; set; } = [];

    /// <summary>How many of the last lines of each log to begin with.</summary>
    [Parameter(ParameterSetName = LogSet)]
    [ValidateRange(0, 100_000)]
    public int Tail { get; set; } = 100;

    /// <summary>Go on with what is added, until the pipeline is stopped.</summary>
    [Parameter(ParameterSetName = LogSet)]
    public SwitchParameter Follow { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        bool isEverywhere = ParameterSetName == StackSet && Environment is null && Project is null;
        IReadOnlyList<DeploymentEnvironment> environments = isEverywhere && !CurrentProject.HasStages
            ? []
            : LocalEnvironments(pipeline => pipeline.StagesOf(TargetKind.Local));
        if (ParameterSetName == LogSet)
        {
            await Task.WhenAll(environments.Select(environment => WriteLogAsync(environment, cancellationToken))).ConfigureAwait(false);
            return;
        }

        await WriteEachAsync(environments, environment => Stacks.GetAsync(environment, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (isEverywhere)
        {
            await WriteOthersAsync(environments, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The stacks of other projects. One that cannot be looked at is no reason to hide the rest.</summary>
    private async Task WriteOthersAsync(IReadOnlyList<DeploymentEnvironment> own, CancellationToken cancellationToken)
    {
        foreach (DeploymentEnvironment other in Stacks.Registry.Beside(own))
        {
            try
            {
                Write(await Stacks.GetAsync(other, cancellationToken).ConfigureAwait(false));
            }
            catch (DeployException e)
            {
                Sink.Publish(new Caution($"Stack '{other.Name}' of '{other.Project}' cannot be looked at: {e.Message}"));
            }
        }
    }

    private async Task WriteLogAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        await foreach (LogLine line in new StackLogs(environment).ReadAsync(Log, Tail, Follow, cancellationToken).ConfigureAwait(false))
        {
            Write(line);
        }
    }
}
