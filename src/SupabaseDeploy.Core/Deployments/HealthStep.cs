using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;

namespace SupabaseDeploy.Deployments;

/// <summary>Decides by measurements whether a deployment goes on: a wrong answer ends it, no answer makes it wait for somebody to decide.</summary>
internal sealed class HealthStep(HealthGate gate, Func<CancellationToken, Task> ensureHeld, TimeProvider time)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>The measurements that let the deployment go on; they may be Inconclusive when somebody, or the configuration, says so.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.StepNotVerified"/> or <see cref="ErrorTable.HealthInconclusive"/>: it does not.</exception>
    public async Task<HealthSeries> PassAsync(DeploymentRun run, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        // What was changed has to prove itself for the whole window; what runs already did.
        DeploymentEnvironment environment = run.Plan.HasWork ? run.Plan.Environment : HealthGate.WithoutWindow(run.Plan.Environment);
        HealthSeries health = await gate.WaitAsync(environment, run.Plan.ExpandedRelease, options.HealthLimit, sink, cancellationToken).ConfigureAwait(false);
        return (health.Verdict, environment.Health.OnInconclusive) switch
        {
            (HealthVerdict.Pass, _) => health,
            (HealthVerdict.Fail, _) => throw NotHealthy(run.Plan, options.HealthLimit + environment.Health.Window, health),
            (_, InconclusiveHealth.Keep) => health,
            (_, InconclusiveHealth.RollBack) => throw Inconclusive(run.Plan, health, "That is what health.onInconclusive says to do."),
            _ when !run.Plan.HasWork => throw Inconclusive(run.Plan, health, "Nothing was to be changed."),
            _ => await PauseAsync(run, options, health, sink, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>Waits for a decision from another terminal or for answers, whichever comes first.</summary>
    private async Task<HealthSeries> PauseAsync(
        DeploymentRun run, DeploymentOptions options, HealthSeries health, IProgressSink sink, CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = run.Plan.Environment;
        sink.Publish(new Caution(
            $"The health of '{environment}' is not known: {HealthGate.Describe(health)} The deployment waits {Readable.Duration(environment.Health.Pause)} and then rolls back."
            + $" Decide from another terminal: 'Approve-Deployment {environment}' keeps the release, 'Deny-Deployment {environment}' rolls back."));
        try
        {
            health = await WaitForWordAsync(run, options, health, sink, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            sink.Publish(new ActivityCompleted(Activity(environment)));
        }

        // What did not answer may have been the network, which may have cost the lock: then somebody else may be at work.
        await ensureHeld(cancellationToken).ConfigureAwait(false);
        return health;
    }

    private async Task<HealthSeries> WaitForWordAsync(
        DeploymentRun run, DeploymentOptions options, HealthSeries health, IProgressSink sink, CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = run.Plan.Environment;
        TimeSpan limit = environment.Health.Pause;
        var pause = new LedgerPause(run, HealthGate.Describe(health));
        long start = time.GetTimestamp();
        while (true)
        {
            TimeSpan left = limit - time.GetElapsedTime(start);
            sink.Publish(new ActivityProgress(Activity(environment), "The health is not known", 100 * (1 - (left / limit)), left));
            if (await pause.ReadDecisionAsync(cancellationToken).ConfigureAwait(false) is { } decision)
            {
                sink.Publish(new Notice($"{decision.RecordedBy} decided: {(decision.Kind == LedgerEvent.Kept ? "the release is kept" : "it is rolled back")}. {decision.Message}"));
                return decision.Kind == LedgerEvent.Kept ? health : throw Inconclusive(run.Plan, health, $"{decision.RecordedBy} decided to roll back. {decision.Message}");
            }

            if ((await gate.MeasureAsync(environment, run.Plan.ExpandedRelease, cancellationToken).ConfigureAwait(false)).Verdict != HealthVerdict.Inconclusive)
            {
                health = await gate.WaitAsync(environment, run.Plan.ExpandedRelease, options.HealthLimit, sink, cancellationToken).ConfigureAwait(false);
            }

            switch (health.Verdict)
            {
                case HealthVerdict.Pass:
                    sink.Publish(new Notice($"The health of '{environment}' is known again, and the deployment goes on."));
                    return health;
                case HealthVerdict.Fail:
                    throw NotHealthy(run.Plan, options.HealthLimit + environment.Health.Window, health);
                case HealthVerdict.Inconclusive when time.GetElapsedTime(start) >= limit:
                    throw Inconclusive(run.Plan, health, $"Nobody decided within {Readable.Duration(limit)}.");
            }

            await Task.Delay(s_look < left ? s_look : TimeSpan.FromMilliseconds(Math.Max(1, left.TotalMilliseconds)), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Activity(DeploymentEnvironment environment) => $"Waiting for a decision on {environment}";

    private static DeployException NotHealthy(DeploymentPlan plan, TimeSpan limit, HealthSeries health) => new(
        ErrorTable.StepNotVerified,
        $"Environment '{plan.Environment}' is not healthy at release '{plan.Release}' within {limit.TotalSeconds:0.#} s. {HealthGate.Describe(health)}",
        $"Look at every check: Test-DeploymentHealth {plan.Environment}",
        plan.Environment);

    private static DeployException Inconclusive(DeploymentPlan plan, HealthSeries health, string why) => new(
        ErrorTable.HealthInconclusive,
        $"The health of '{plan.Environment}' at release '{plan.Release}' is not known. {HealthGate.Describe(health)} {why}",
        $"Find out why the probes get no answer: Test-DeploymentHealth {plan.Environment}",
        plan.Environment);
}
