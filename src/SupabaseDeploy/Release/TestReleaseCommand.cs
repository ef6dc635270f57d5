using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Release;

/// <summary>Tests a release and records what was found as evidence that gates read; writes one object a check.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Release")]
[OutputType(typeof(ReleaseTest))]
public sealed class TestReleaseCommand : ProjectCmdlet
{
    private readonly List<ReleaseTest> _failed = [];

    /// <summary>The release: its id, the first digits of it, a release object, or a deployment of it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ReleaseTransformation]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public ReleaseReference Release { get; set; } = null!;

    /// <summary>The environment whose pending migrations are rehearsed and whose ledger gets the evidence; without one nothing is recorded.</summary>
    [Parameter(Position = 1)]
    [EnvironmentTransformation(IsSingle = true)]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference? Environment { get; set; }

    /// <summary>The checks to run; those that say something about the release when none is given.</summary>
    [Parameter]
    [ValidateSet(ReleaseCheck.Rehearsal, ReleaseCheck.Functions, ReleaseCheck.Flutter)]
    public string[] Check { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        DeploymentEnvironment? environment = Environment is null ? null : Resolve(Environment).Single();
        Releases.Release release = await Release.FetchAsync(CurrentProject, Sink, cancellationToken).ConfigureAwait(false);
        var tester = new ReleaseTester(CurrentProject, new DeploymentTargets());
        IReadOnlyList<string> checks = Check.Length > 0 ? [.. ReleaseCheck.All.Where(check => Check.Contains(check, StringComparer.OrdinalIgnoreCase))] : tester.ChecksOf(release);
        await tester.RunAsync(release, environment, checks, Report, Sink, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override Task EndProcessingAsync(CancellationToken cancellationToken) => _failed.Count == 0
        ? Task.CompletedTask
        : throw new DeployException(
            ErrorTable.RequirementNotMet,
            $"{_failed.Count} check{(_failed.Count == 1 ? "" : "s")} failed: {string.Join(" ", _failed.Select(test => $"{test.Release} {test}"))}",
            "Correct what is reported, make a new release and test that.",
            _failed[0].Release);

    private void Report(ReleaseTest test)
    {
        Write(test);
        if (!test.IsPassed)
        {
            _failed.Add(test);
        }
    }
}
