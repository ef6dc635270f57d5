using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Health;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>Measures whether environments are healthy; writes one object a check.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DeploymentHealth", DefaultParameterSetName = EnvironmentSet)]
[OutputType(typeof(HealthCheck))]
public sealed class TestDeploymentHealthCommand : FleetCmdlet
{
    private readonly List<HealthCheck> _notMet = [];
    private readonly DeploymentTargets _targets = new();

    /// <summary>The release the environment should be at; else the ledger's, else the files of the migrations folder.</summary>
    [Parameter]
    [ReleaseTransformation]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public ReleaseReference? Release { get; set; }

    /// <summary>Measure again until the environment is healthy, for at most this long.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Wait { get; set; }

    /// <summary>Fail when a check is this bad or worse.</summary>
    [Parameter]
    [ValidateSet(nameof(HealthStatus.Degraded), nameof(HealthStatus.Failed))]
    public HealthStatus? FailOn { get; set; }

    /// <summary>Time limit of one check, instead of the one in <c>pipeline.yml</c>.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Records what is measured as evidence 'healthy' of the release that runs there, for or against it, which gates of the next stage read.</summary>
    [Parameter(ParameterSetName = EnvironmentSet)]
    public SwitchParameter Record { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(IReadOnlyList<DeploymentEnvironment> environments, CancellationToken cancellationToken)
    {
        if (Record && Release is not null)
        {
            throw new DeployException(
                ErrorTable.InvalidValue, "-Record is about the release that runs, and -Release names one that should.", "Leave -Release out, or -Record.", Release.Id);
        }

        // In promotion order, and the checks of one environment together, whichever is done first.
        var checker = new HealthChecker(_targets);
        await ForEachAsync(environments, (environment, token) => MeasureAsync(checker, environment, token), health => ReportAsync(health, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (_notMet.Count > 0)
        {
            throw new DeployException(
                ErrorTable.RequirementNotMet,
                $"{(_notMet.Count == 1 ? "1 check is" : $"{_notMet.Count} checks are")} '{FailOn}' or worse: {string.Join(" ", _notMet.Select(Describe))}",
                "Mend what the messages name, then run Test-DeploymentHealth again; -Wait gives a slow start more time.",
                string.Join(", ", _notMet.Select(check => check.Environment.Name).Distinct(StringComparer.Ordinal)));
        }
    }

    private async Task<DeploymentHealth> MeasureAsync(HealthChecker checker, DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        Releases.Release? expected = Release is null ? null : await Release.FindAsync(environment.Project, cancellationToken).ConfigureAwait(false);
        DeploymentEnvironment limited = Timeout is { } timeout
            ? environment with { Health = environment.Health with { Timeout = timeout } }
            : environment;
        HealthStatus accepted = FailOn is HealthStatus.Failed ? HealthStatus.Degraded : HealthStatus.Healthy;
        return await checker.WaitAsync(limited, expected, accepted, Wait, Sink, cancellationToken).ConfigureAwait(false);
    }

    private async Task ReportAsync(DeploymentHealth health, CancellationToken cancellationToken)
    {
        foreach (HealthCheck check in health.Checks)
        {
            Write(check);
            if (check.Status >= FailOn)
            {
                _notMet.Add(check);
            }
        }

        if (Record)
        {
            await new HealthRecorder(_targets).RecordAsync(health, Sink, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Describe(HealthCheck check) => $"{check.Environment.Name} {check.Check} {check.Status}: {check.Message}";
}
