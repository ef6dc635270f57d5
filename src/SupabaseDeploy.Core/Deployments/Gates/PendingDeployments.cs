using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>The publishes of an environment that were left waiting for people and that no later publish has gone on with.</summary>
/// <param name="time">The clock; the system's when null.</param>
public sealed class PendingDeployments(TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Oldest first. <see cref="Deployment.Release"/> is null where the release is not on this machine, and not in the project's store or that cannot be used.</summary>
    /// <param name="ledger">The environment's ledger.</param>
    /// <param name="deployments">What it says of deployments.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.LedgerBroken"/>.</exception>
    public async Task<IReadOnlyList<Deployment>> FindAsync(Ledger ledger, IReadOnlyList<Deployment> deployments, CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = ledger.Environment;
        if (environment.Gates.Approvals == 0)
        {
            return [];
        }

        var record = new StageRecord
        {
            Name = environment.Name,
            Deployments = deployments,
            Evidence = await ledger.GetEvidenceAsync(cancellationToken).ConfigureAwait(false),
        };
        var pending = new List<Deployment>();
        foreach (ApprovalRequest request in ApprovalRequest.Open(record, environment.Gates.ApprovalsWithin, _time.GetUtcNow()))
        {
            pending.Add(Of(request, await FindReleaseAsync(environment, request.ReleaseId, cancellationToken).ConfigureAwait(false), record, environment));
        }

        return pending;
    }

    private Deployment Of(ApprovalRequest request, Release? release, StageRecord record, DeploymentEnvironment environment)
    {
        Gate gate = ApprovalGate.Check(environment.Gates, environment, request.ReleaseId, record, request.By, _time.GetUtcNow());
        Release? current = Ledger.Current(record.Deployments)?.Release;
        return new Deployment
        {
            Id = Guid.Empty,
            Environment = environment,
            Release = release,
            PreviousRelease = current,
            Kind = DeploymentKind.Publish,
            Status = DeploymentStatus.Pending,
            Reason = $"{gate.Message}{(gate.IsPassed ? "" : $" {gate.Remedy?.TrimEnd('.')}.")} Go on with: {Command(environment, request.ReleaseId)}",
            RequestedBy = request.By,
            StartedAt = request.At,
            Plan = new DeploymentPlan
            {
                Environment = environment,
                Kind = DeploymentKind.Publish,
                Release = release,
                PreviousRelease = current,
                Steps = [],
                Gates = [gate],
                Rollback = new RollbackPlan(RollbackStrategy.None, "It is planned when it goes on.", "Nothing."),
            },
            Steps = [],
        };
    }

    internal static string Command(DeploymentEnvironment environment, string releaseId) => $"Publish-Environment {environment} -Release {Words.Short(releaseId)}";

    private static async Task<Release?> FindReleaseAsync(DeploymentEnvironment environment, string id, CancellationToken cancellationToken)
    {
        if (new ReleaseStore(environment.Project).FindExactly(id) is { } local)
        {
            return local.For(environment.Name);
        }

        try
        {
            return (await ProjectReleases.Open(environment.Project).FindAsync(id, cancellationToken).ConfigureAwait(false)).For(environment.Name);
        }
        catch (DeployException e) when (e is ConfigurationException || e.Code == ErrorTable.ReleaseNotFound || e.Code == ErrorTable.ReleaseStoreUnavailable)
        {
            return null; // It was asked for from another machine; the reason names it, and whoever goes on with it is told what is wrong with the store.
        }
    }
}
