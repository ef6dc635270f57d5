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
        string[] planned = [.. started.Plan.Steps.Select(step => step.Name)];
        int current = Array.IndexOf(planned, started.Step);
        bool isOnPlan = current >= 0 && started.Done.All(step => step.Status == StepStatus.Succeeded);
        IEnumerable<string> done = started.Done.Select(step => $"{step.Name} {(step.Status == StepStatus.Succeeded ? "✓" : "✗")}");
        IEnumerable<string> ahead = isOnPlan ? planned.Skip(current + 1) : [];
        string status = isOnPlan ? string.Create(CultureInfo.InvariantCulture, $"{current + 1} of {planned.Length}: {started.Step}") : started.Step;
        return new ProgressRecord(activityId, started.Activity, status)
        {
            CurrentOperation = string.Join(" · ", [.. done, $"▶ {started.Step}", .. ahead]),
            PercentComplete = isOnPlan ? 100 * current / planned.Length : -1,
            SecondsRemaining = isOnPlan && Left(started.Plan, current) is { } left ? (int)Math.Ceiling(left.TotalSeconds) : -1,
        };
    }

    /// <summary>What the step and those ahead may take, by the deployments before; null when the step that changes most was never done here.</summary>
    private static TimeSpan? Left(DeploymentPlan plan, int current)
    {
        PlannedStep[] ahead = [.. plan.Steps.Skip(current)];
        return ahead.Any(step => step.Changes && step.Expected is null && step.Name != StepName.Record)
            ? null
            : ahead.Aggregate(TimeSpan.Zero, (sum, step) => sum + (step.Expected ?? TimeSpan.Zero));
    }

    public static string Describe(DeploymentStep step) => string.Create(
        CultureInfo.InvariantCulture, $"{step.Name}: {step.Status} after {step.Duration?.TotalSeconds ?? 0:0.00} s. {step.Message}");
}
