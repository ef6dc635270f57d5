using System.Management.Automation;
using SupabaseDeploy.Errors;
using SupabaseDeploy.FlutterApps;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.FlutterApp;

/// <summary>Analyzes the Flutter application and runs its tests.</summary>
[Cmdlet(VerbsDiagnostic.Test, "FlutterApp")]
[OutputType(typeof(FlutterTestRun))]
public sealed class TestFlutterAppCommand : FlutterAppCmdlet
{
    /// <summary>The environment whose values the tests are compiled with; none when it is not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation(IsSingle = true)]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference? Environment { get; set; }

    /// <summary>Stop the script with an error when a test failed, or the analyzer found something this bad or worse.</summary>
    [Parameter]
    public FlutterSeverity? FailOn { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        FlutterProject app = App(Environment);
        FlutterTestRun run = await new FlutterTester(FlutterSdk.Find()).RunAsync(app, Sink, cancellationToken).ConfigureAwait(false);
        Write(run);
        if (FailOn is { } limit && run.ProblemsOf(limit) is { Count: > 0 } problems)
        {
            const int Named = 10;
            string further = problems.Count > Named ? $"\n  and {problems.Count - Named} more" : "";
            throw new DeployException(
                ErrorTable.RequirementNotMet,
                $"The application '{app.Folder}' has {problems.Count} problem{(problems.Count == 1 ? "" : "s")} of severity '{limit}' or worse:{string.Concat(problems.Take(Named).Select(problem => "\n  " + problem))}{further}",
                "Correct what is listed, then run Test-FlutterApp again.",
                app.Folder);
        }
    }
}
