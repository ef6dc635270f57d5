using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.LocalStack;

/// <summary>Replaces the database of local environments by a fresh one with all migrations and seeds, from the snapshot cache.</summary>
[Cmdlet(VerbsCommon.Reset, "LocalStack", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(LocalStackReset), typeof(ResetPlan))]
public sealed class ResetLocalStackCommand : LocalStackCmdlet
{
    private readonly LocalStackResetter _resetter = new();

    /// <summary>The last version to apply; all files when none is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MigrationVersionCompleter))]
    public string? To { get; set; }

    /// <summary>Leave the project's seeds out.</summary>
    [Parameter]
    public SwitchParameter NoSeed { get; set; }

    /// <summary>How long to wait for another holder of the database's lock.</summary>
    [Parameter]
    [Alias("Wait")]
    [DurationTransformation]
    public TimeSpan LockTimeout { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        var wanted = new List<DeploymentEnvironment>();
        foreach (DeploymentEnvironment environment in LocalEnvironments(pipeline => [pipeline.StageNames[0]]))
        {
            ResetPlan plan = await _resetter.PlanAsync(Request(environment), Sink, cancellationToken).ConfigureAwait(false);
            bool isAgreed = await ShouldProcessAsync(Describe(environment), plan.ToString()).ConfigureAwait(false);
            if (IsWhatIf)
            {
                Write(plan);
            }
            else if (isAgreed)
            {
                wanted.Add(environment);
            }
        }

        await WriteEachAsync(wanted, environment => _resetter.ResetAsync(Request(environment), Sink, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private ResetRequest Request(DeploymentEnvironment environment) =>
        new() { Environment = environment, To = To, IncludeSeed = !NoSeed, LockWait = LockTimeout };
}
