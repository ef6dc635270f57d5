namespace SupabaseDeploy.Deployments;

/// <summary>How long steps may take, by what they took in this environment before.</summary>
internal sealed class StepTimes(IReadOnlyList<Deployment> deployments)
{
    // Older ones tell of another application and other data.
    private const int Counted = 5;

    /// <summary>The mean of the last times the step was done; null when it never was.</summary>
    /// <param name="name">The step.</param>
    /// <param name="parts">How many parts it has this time: migrations, functions.</param>
    /// <param name="partsOf">How many it had in an earlier deployment; one with none says nothing.</param>
    public TimeSpan? Of(string name, int parts = 1, Func<DeploymentPlan, int>? partsOf = null)
    {
        (TimeSpan Duration, int Parts)[] known =
        [
            .. deployments.Reverse()
                .Select(deployment => (Step: deployment.Steps.LastOrDefault(step => step.Name == name && step.Status == StepStatus.Succeeded), deployment.Plan))
                .Where(done => done.Step?.Duration is not null && (done.Plan.Steps.Any(step => step.Name == name && step.Changes) || IsAlwaysTheSame(name)))
                .Select(done => (done.Step!.Duration!.Value, partsOf?.Invoke(done.Plan) ?? 1))
                .Where(done => done.Item2 > 0)
                .Take(Counted)
        ];
        return known.Length == 0 || parts == 0
            ? null
            : parts * TimeSpan.FromTicks(known.Sum(done => done.Duration.Ticks) / known.Sum(done => done.Parts));
    }

    // They only look, however much is to be changed.
    private static bool IsAlwaysTheSame(string name) => name is StepName.Lock or StepName.Preflight or StepName.Health;
}
