using System.Data;
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
    private OpenedBeside<NpgsqlConnection>? _connecting;
    private WorkBeside<IReadOnlyList<PlaceFact>>? _looking;

    /// <summary>Begins to connect, which is waiting mostly.</summary>
    public void Connect(CancellationToken cancellationToken) => _connecting = new OpenedBeside<NpgsqlConnection>(OpenAsync, cancellationToken);

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

    public async ValueTask DisposeAsync()
    {
        await (_looking?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        await (_connecting?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
    }

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

    private Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => database.OpenAsync(cancellationToken, "supabase-deploy preflight");

    private Task VerifyAsync(DeploymentPlan plan, CancellationToken cancellationToken) =>
        plan.VerifiedAt is { } moment && time.GetElapsedTime(moment) < s_counts ? Task.CompletedTask : ReleaseStore.VerifyAsync(plan.Release!, cancellationToken);

    private async Task<IReadOnlyList<PlaceFact>> AskDatabaseAsync(Preflight preflight, DeploymentPlan plan, CancellationToken cancellationToken)
    {
        if (_connecting is not null && await _connecting.TakeAsync().ConfigureAwait(false) is { } early)
        {
            await using (early.ConfigureAwait(false))
            {
                try
                {
                    return await AskAsync(preflight, plan, early, cancellationToken).ConfigureAwait(false);
                }
                catch (Exception) when (early.State != ConnectionState.Open && !cancellationToken.IsCancellationRequested)
                {
                    // It was cut, while the lock was waited for most likely: another one is opened.
                }
            }
        }

        NpgsqlConnection connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await AskAsync(preflight, plan, connection, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<PlaceFact>> AskAsync(Preflight preflight, DeploymentPlan plan, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await EnsureReadableAsync(plan, connection, cancellationToken).ConfigureAwait(false);
        return await preflight.AskDatabaseAsync(plan, connection, cancellationToken).ConfigureAwait(false);
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
