using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The reset in the ledger. The ledger is about the environment and not about one database of it, so it goes on in the new one;
/// written there before the exchange, it says that the database was reset exactly if it was.
/// </summary>
internal sealed class ResetRecord(ResetPlan plan, DeploymentLock held, DateTimeOffset startedAt, TimeProvider time)
{
    /// <summary>Carries the ledger over, adds this reset to it, and makes sure that the old database is still locked.</summary>
    /// <param name="from">The old database.</param>
    /// <param name="to">The new one.</param>
    /// <param name="measure">Reads the new one's schema.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task WriteAsync(
        DatabaseAddress from, DatabaseAddress to, Func<NpgsqlConnection, CancellationToken, Task<NewRecordedSchema?>> measure, CancellationToken cancellationToken)
    {
        var before = new Ledger(plan.Environment, from);
        IReadOnlyList<Deployment> past = await before.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        if (past.Count > 0 || (await before.GetEvidenceAsync(cancellationToken).ConfigureAwait(false)).Count > 0)
        {
            IAsyncDisposable closed = await Ledger.CarryOverAsync(from, to, cancellationToken).ConfigureAwait(false);
            await closed.DisposeAsync().ConfigureAwait(false); // Nobody approves anything for a database of one's own machine.
        }

        await AddAsync(to, Ledger.Current(past), measure, cancellationToken).ConfigureAwait(false);
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps the ledger for an engine that makes the new database in the old one's place. The old database is locked until then.</summary>
    /// <returns>Null when there is nothing to keep.</returns>
    public async Task<ResetLedger?> KeepAsync(DatabaseAddress from, CancellationToken cancellationToken)
    {
        var before = new Ledger(plan.Environment, from);
        IReadOnlyList<Deployment> past = await before.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Evidence> evidence = await before.GetEvidenceAsync(cancellationToken).ConfigureAwait(false);
        ResetLedger? kept = past.Count + evidence.Count == 0
            ? null
            : ResetLedger.Of(past, evidence, await Ledger.KeepAsync(from, cancellationToken).ConfigureAwait(false));
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        return kept;
    }

    /// <summary>Gives the new database the kept ledger, with this reset in it.</summary>
    public async Task WriteAsync(ResetLedger? kept, DatabaseAddress to, CancellationToken cancellationToken)
    {
        if (kept is not null)
        {
            await Ledger.BringBackAsync(kept.Image, to, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<Deployment> past = await new Ledger(plan.Environment, to).GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        await AddAsync(to, Ledger.Current(past), RecordedSchema.MeasureAsync, cancellationToken).ConfigureAwait(false);
    }

    private async Task AddAsync(
        DatabaseAddress to, Deployment? current, Func<NpgsqlConnection, CancellationToken, Task<NewRecordedSchema?>> measure, CancellationToken cancellationToken)
    {
        var after = new Ledger(plan.Environment, to);
        Deployment begun = await after.BeginAsync(Describe(current), cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = time.GetUtcNow();
        Deployment done = begun with
        {
            Status = DeploymentStatus.Succeeded,
            Changed = true,
            Reason = plan.ToString(),
            Steps = [new DeploymentStep("reset", StepStatus.Succeeded, startedAt, now - startedAt, plan.ToString())],
            FinishedAt = now,
        };
        await after.FinishAsync(done, null, measure, cancellationToken).ConfigureAwait(false);
    }

    private Deployment Describe(Deployment? current) => new()
    {
        Id = Guid.NewGuid(),
        Environment = plan.Environment,
        Release = null,
        PreviousRelease = current?.Release,
        Kind = DeploymentKind.Reset,
        Status = DeploymentStatus.Running,
        RequestedBy = held.Owner.Requester,
        StartedAt = startedAt,
        Plan = new DeploymentPlan
        {
            Environment = plan.Environment,
            Kind = DeploymentKind.Reset,
            Release = null,
            PreviousRelease = current?.Release,
            Steps = [new PlannedStep("reset", true, plan.ToString())],
            Rollback = new RollbackPlan(RollbackStrategy.None, "The replaced database is deleted.", "Everything in it."),
            DataLoss = [.. plan.Loses.Select(table => table.ToString())],
        },
        Steps = [],
    };
}
