using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Which environments run which release, as far as they can be asked.</summary>
public sealed class ReleaseWhereabouts(IDeploymentTargets targets)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>What every environment that answers in time says of releases; the others are told to the sink and left out.</summary>
    public async Task<IReadOnlyList<ReleasePlace>> FindAsync(DeploymentPipeline pipeline, IProgressSink sink, CancellationToken cancellationToken)
    {
        var asked = new List<Task<ReleasePlace?>>();
        foreach (string name in pipeline.StageNames)
        {
            if (pipeline.TryResolve(name, out DeploymentEnvironment? environment, out _))
            {
                asked.Add(AskAsync(environment, sink, cancellationToken));
            }
        }

        return [.. (await Task.WhenAll(asked).ConfigureAwait(false)).OfType<ReleasePlace>()];
    }

    /// <summary>The ids of the releases that are recorded as healthy on <paramref name="environment"/>.</summary>
    /// <exception cref="DeployException">The environment cannot be reached, or its ledger cannot be believed.</exception>
    public async Task<IReadOnlySet<string>> HealthyOnAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
        return Evidence.HealthyOn(environment.Name, await ledger.GetEvidenceAsync(cancellationToken).ConfigureAwait(false));
    }

    private async Task<ReleasePlace?> AskAsync(DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(limit.Token).ConfigureAwait(false));
            string? current = (await ledger.GetCurrentReleaseAsync(limit.Token).ConfigureAwait(false))?.Id;
            IReadOnlyList<Evidence> evidence = await ledger.GetEvidenceAsync(limit.Token).ConfigureAwait(false);
            return new ReleasePlace(environment.Name, current, [.. evidence.Where(fact => fact.EnvironmentName == environment.Name)]);
        }
        catch (DeployException e) when (e.Code == ErrorTable.LedgerBroken)
        {
            // Not a place that cannot be asked: somebody changed what it says.
            sink.Publish(new Caution(e.Message));
            return null;
        }
        catch (DeployException e)
        {
            sink.Publish(new Detail($"Environment '{environment}' was not asked what it runs: {e.Message}"));
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            sink.Publish(new Detail($"Environment '{environment}' did not say what it runs within {s_patience.TotalSeconds:0} s."));
            return null;
        }
    }
}

/// <summary>What one environment says of releases.</summary>
/// <param name="Environment">Its name.</param>
/// <param name="CurrentRelease">The id of the release it runs; null for none.</param>
/// <param name="Evidence">What is recorded there, oldest first.</param>
public sealed record ReleasePlace(string Environment, string? CurrentRelease, IReadOnlyList<Evidence> Evidence);
