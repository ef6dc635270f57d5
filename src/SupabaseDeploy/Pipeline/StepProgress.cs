using System.Globalization;
using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>Shows a whole plan with the step that is being done.</summary>
internal static class StepProgress
{
    public static ProgressRecord Record(DeploymentStepStarted started, int activityId)
    {
        string[] names = [.. started.Plan.Steps.Select(step => step.Name)];
        int current = Array.IndexOf(names, started.Step);
        return current < 0
            ? new ProgressRecord(activityId, started.Activity, started.Step) // A step of a rollback: in no plan, and nobody's progress.
            : new ProgressRecord(activityId, started.Activity, string.Create(CultureInfo.InvariantCulture, $"{current + 1} of {names.Length}: {started.Step}"))
            {
                CurrentOperation = string.Join(" · ", names.Select((name, index) => index < current ? $"{name} ✓" : index == current ? $"▶ {name}" : name)),
                PercentComplete = 100 * current / names.Length,
            };
    }

    public static string Describe(DeploymentStep step) => string.Create(
        CultureInfo.InvariantCulture, $"{step.Name}: {step.Status} after {step.Duration?.TotalSeconds ?? 0:0.00} s. {step.Message}");
}
