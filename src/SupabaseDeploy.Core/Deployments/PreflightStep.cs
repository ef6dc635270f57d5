using Npgsql;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Judges before the first change what has to be right. It looks while the plan is made again under the lock: what it sees counts when that plan
/// is the one that was shown. Disposing gives up what was begun and not asked for.
/// </summary>
internal sealed class PreflightStep(IDeploymentTarget target, IDeploymentTargets targets, DatabaseAddress database, TimeProvider time, IProgressSink sink) : IAsyncDisposable
{
    // Whoever has to confirm a plan, or waits for somebody else's deployment, may take longer than that.
    private static readonly TimeSpan s_counts = TimeSpan.FromMinutes(1);

    private DeploymentPlan? _shown;
    private WorkBeside<IReadOnlyList<PlaceFact>>? _looking;

    /// <summary>Begins to look at what the plan that was shown makes necessary.</summary>
    public void Begin(DeploymentPlan shown, CancellationToken cancellationToken)
    {
        _shown = shown;
        _looking = new WorkBeside<IReadOnlyList<PlaceFact>>(token => LookAsync(shown, token), cancellationToken);
    }

    /// <summary>Judges.</summary>
    /// <exception cref="Errors.DeployException">Something stands against the deployment.</exception>
    public async Task<StepOutcome> RunAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        IReadOnlyList<PlaceFact> facts = await (Counts(plan) ? _looking!.Result : LookAsync(plan, cancellationToken)).ConfigureAwait(false);
        Preflight.EnsureGood(plan.Environment, facts);
        foreach (PlaceFact doubtful in facts.Where(fact => fact.Verdict == PlaceVerdict.Doubtful))
        {
            sink.Publish(new Caution($"{doubtful.Name}: {doubtful.Message} {doubtful.Remedy}".TrimEnd()));
        }

        return new StepOutcome(
            $"Release {plan.Release} is unchanged since it was made; {plan.Observed!.History.Count} migrations are in the history. {string.Join(" ", facts.Select(fact => fact.Message))}");
    }

    public ValueTask DisposeAsync() => _looking?.DisposeAsync() ?? ValueTask.CompletedTask;

    private bool Counts(DeploymentPlan plan) => _looking is not null && plan.Observed!.IsSameAs(_shown!.Observed!);

    /// <summary>The release itself, the place, and with one connection the database and the files that are to run there.</summary>
    private async Task<IReadOnlyList<PlaceFact>> LookAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        var preflight = new Preflight(target, targets);
        Task<IReadOnlyList<PlaceFact>> looked = preflight.InspectPlaceAsync(plan, cancellationToken);
        Task<IReadOnlyList<PlaceFact>> asked = AskDatabaseAsync(preflight, plan, cancellationToken);
        await Task.WhenAll(VerifyAsync(plan, cancellationToken), looked, asked).ConfigureAwait(false);
        return [.. await looked.ConfigureAwait(false), .. await asked.ConfigureAwait(false)];
    }

    private Task VerifyAsync(DeploymentPlan plan, CancellationToken cancellationToken) =>
        plan.VerifiedAt is { } moment && time.GetElapsedTime(moment) < s_counts ? Task.CompletedTask : ReleaseStore.VerifyAsync(plan.Release!, cancellationToken);

    private async Task<IReadOnlyList<PlaceFact>> AskDatabaseAsync(Preflight preflight, DeploymentPlan plan, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy preflight").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await EnsureReadableAsync(plan, connection, cancellationToken).ConfigureAwait(false);
            return await preflight.AskDatabaseAsync(plan, connection, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Every file that is to run is read and judged before the first change.</summary>
    private async Task EnsureReadableAsync(DeploymentPlan plan, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (Release source in MigrationSteps.UndoSources(plan.Undo, plan.Observed!).Select(source => source.Release).DistinctBy(release => release.Id))
        {
            await ReleaseStore.VerifyAsync(source, cancellationToken).ConfigureAwait(false);
        }

        if (plan.Undo.Count == 0)
        {
            MigrationRequest request = MigrationSteps.MigrationsOf(plan.Release!, plan.Contract, target.Environment, database, sink);
            await MigrationRunner.PlanAsync(request, connection, sink, cancellationToken).ConfigureAwait(false);
        }
    }
}
