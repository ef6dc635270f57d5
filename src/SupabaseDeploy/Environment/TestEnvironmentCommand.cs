using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Environment;

/// <summary>Tests <c>env/pipeline.yml</c>, <c>env/*.json</c> and the ledgers that answer: one object a problem, or one that says Ok for each environment without any.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Environment")]
[OutputType(typeof(EnvironmentTest))]
public sealed class TestEnvironmentCommand : ProjectCmdlet
{
    private readonly List<EnvironmentTest> _written = [];

    /// <summary>Names, wildcards or environments; all when none is given. What makes the files unusable is always written.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference[] Name { get; set; } = [EnvironmentReference.From("*")!];

    /// <summary>Stop the script with an error when anything as bad as this, or worse, was found.</summary>
    [Parameter]
    [ValidateSet(nameof(ConfigurationSeverity.Warning), nameof(ConfigurationSeverity.Error))]
    public ConfigurationSeverity? FailOn { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        foreach (IGrouping<ProjectFolder, EnvironmentReference> project in Name.GroupBy(reference => reference.Environment?.Project ?? CurrentProject))
        {
            IReadOnlyList<EnvironmentTest> tests = await EnvironmentTest.RunAsync(
                project.Key, [.. project.Select(reference => reference.Name)], new DeploymentTargets(), cancellationToken).ConfigureAwait(false);
            foreach (EnvironmentTest test in tests.Where(test => !_written.Exists(written => IsSame(written, test))))
            {
                // What concerns the files as a whole is found again with every environment from the pipeline.
                _written.Add(test);
                Write(test);
            }
        }
    }

    private static bool IsSame(EnvironmentTest one, EnvironmentTest other) =>
        (one.Environment, one.File, one.Path, one.Line, one.Message) == (other.Environment, other.File, other.Path, other.Line, other.Message);

    /// <inheritdoc/>
    protected override Task EndProcessingAsync(CancellationToken cancellationToken)
    {
        int failing = FailOn is { } limit ? _written.Count(test => test.Severity >= limit) : 0;
        return failing == 0
            ? Task.CompletedTask
            : throw new DeployException(
                ErrorTable.RequirementNotMet,
                $"The configuration of '{CurrentProject}' has {failing} finding{(failing == 1 ? "" : "s")} of severity '{FailOn}' or worse.",
                "Correct what was listed.",
                CurrentProject.Root);
    }
}
