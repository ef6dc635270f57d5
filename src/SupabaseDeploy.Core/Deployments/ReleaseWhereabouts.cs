using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Which environments run which release, as far as they can be asked.</summary>
public sealed class ReleaseWhereabouts(IDeploymentTargets targets)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>The current release's id of every environment that answers in time; the others are told to the sink and left out.</summary>
    public async Task<IReadOnlyList<(string Environment, string ReleaseId)>> FindAsync(
        DeploymentPipeline pipeline, IProgressSink sink, CancellationToken cancellationToken)
    {
        var asked = new List<Task<(string Environment, string? ReleaseId)>>();
        foreach (string name in pipeline.StageNames)
        {
            if (pipeline.TryResolve(name, out DeploymentEnvironment? environment, out _))
            {
                asked.Add(AskAsync(environment, sink, cancellationToken));
            }
        }

        return [.. (await Task.WhenAll(asked).ConfigureAwait(false)).Where(answer => answer.ReleaseId is not null).Select(answer => (answer.Environment, answer.ReleaseId!))];
    }

    /// <summary>The ids of the releases that are recorded as healthy on <paramref name="environment"/>.</summary>
    /// <exception cref="DeployException">The environment cannot be reached, or its ledger cannot be believed.</exception>
    public async Task<IReadOnlySet<string>> HealthyOnAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
        IReadOnlyList<Evidence> evidence = await ledger.GetEvidenceAsync(cancellationToken).ConfigureAwait(false);
        return evidence.Where(fact => fact.Kind == Evidence.Healthy && fact.IsPassed).Select(fact => fact.ReleaseId).ToHashSet();
    }

    private async Task<(string Environment, string? ReleaseId)> AskAsync(DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(limit.Token).ConfigureAwait(false));
            return (environment.Name, (await ledger.GetCurrentReleaseAsync(limit.Token).ConfigureAwait(false))?.Id);
        }
        catch (DeployException e)
        {
            sink.Publish(new Detail($"Environment '{environment}' was not asked what it runs: {e.Message}"));
            return (environment.Name, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            sink.Publish(new Detail($"Environment '{environment}' did not say what it runs within {s_patience.TotalSeconds:0} s."));
            return (environment.Name, null);
        }
    }
}
