using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Works out what a deployment has to do. Looks, and changes nothing.</summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="time">The clock; the system's when null.</param>
/// <param name="actor">Who asks; who runs this process when null.</param>
/// <param name="means">What helps a rollback; nothing when null.</param>
/// <param name="sink">Told what is fetched for it; nobody when null.</param>
public sealed class DeploymentPlanner(IDeploymentTargets targets, TimeProvider? time = null, Actor? actor = null, RollbackMeans? means = null, IProgressSink? sink = null)
{
    private readonly RollbackMeans _means = means ?? RollbackMeans.None;
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly EnvironmentObserver _observer = new(targets);

    private GateKeeper Gates => new(targets, _time, actor ?? Actor.OfThisProcess());

    /// <summary>The same without a decision to go past gates.</summary>
    public Task<DeploymentPlan> PlanPublishAsync(DeploymentEnvironment environment, Release release, bool rollForward, CancellationToken cancellationToken) =>
        PlanPublishAsync(environment, release, rollForward, null, cancellationToken);

    /// <summary>The plan that brings <paramref name="release"/> to <paramref name="environment"/>. Gates are worked out, not enforced.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="release">The release.</param>
    /// <param name="rollForward">True when the release is the repair of an environment that a failed rollback left locked.</param>
    /// <param name="force">A decision to go past gates that are closed; null for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DeployException">
    /// The environment cannot be reached; <see cref="ErrorTable.HistoryInconsistent"/>: its database holds migrations the release does not know; or
    /// <see cref="ErrorTable.ReleaseDamaged"/>: the release was changed since it was made.
    /// </exception>
    public async Task<DeploymentPlan> PlanPublishAsync(
        DeploymentEnvironment environment, Release release, bool rollForward, GateOverride? force, CancellationToken cancellationToken)
    {
        // While the environment is looked at, which is mostly waiting.
        var verification = new WorkBeside<long>(token => VerifyAsync(release, token), cancellationToken);
        await using (verification.ConfigureAwait(false))
        {
            DeploymentPlan plan = await PlanPublishAgainAsync(environment, release, rollForward, force, cancellationToken).ConfigureAwait(false);
            return plan with { VerifiedAt = await verification.Result.ConfigureAwait(false) };
        }
    }

    /// <summary>The same for a release that was planned before: whoever executes the plan verifies what was not verified just now.</summary>
    internal async Task<DeploymentPlan> PlanPublishAgainAsync(
        DeploymentEnvironment environment, Release release, bool rollForward, GateOverride? force, CancellationToken cancellationToken)
    {
        EnsureSameApplication(environment, release);
        ObservedState observed = await _observer.ObserveAsync(environment, cancellationToken).ConfigureAwait(false);
        release = release.For(environment.Name);
        EnsureServable(environment, release, observed);
        await FetchDownScriptsAsync(environment, release, observed, cancellationToken).ConfigureAwait(false);
        MigrationDelta delta = MigrationDelta.ForPublish(environment, release, observed);
        DeploymentPlan plan = PublishPlan.Make(environment, release, observed, delta, await DeclaredAsync(environment, release, cancellationToken).ConfigureAwait(false));
        plan = plan with { DataLoss = await MeasureLossAsync(environment, delta, cancellationToken).ConfigureAwait(false) };
        return plan.HasWork
            ? plan with { Gates = await Gates.EvaluateAsync(environment, release, observed, rollForward, force, cancellationToken).ConfigureAwait(false) }
            : plan;
    }

    /// <summary>The plan that goes back to a release that was healthy on <paramref name="environment"/> before, by the least costly way.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="wanted">The release; null for the last healthy one before the current one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.NothingToRestore"/>, also where it would be a publish; <see cref="ErrorTable.DownScriptsMissing"/> when no way leads there, with each and why not; or
    /// <see cref="ErrorTable.ReleaseStoreUnavailable"/>: it may have the down scripts, and any other way costs more.
    /// </exception>
    public async Task<DeploymentPlan> PlanRollbackAsync(DeploymentEnvironment environment, Release? wanted, CancellationToken cancellationToken)
    {
        ObservedState observed = await _observer.ObserveAsync(environment, cancellationToken).ConfigureAwait(false);
        Release release = RollbackTarget.Choose(environment, observed, wanted).For(environment.Name);
        EnsureServable(environment, release, observed);
        if (wanted is null && RollbackTarget.FindHalfRestored(environment, observed)?.Id == release.Id)
        {
            sink?.Publish(new Notice($"A restore brought the database of '{environment}' back to release {release}, and the code did not follow: that is finished first."));
        }

        (MigrationDelta? delta, DeployException? stuck) = await TryUndoAsync(environment, release, observed, cancellationToken).ConfigureAwait(false);
        if (delta is not null)
        {
            RollbackTarget.EnsureBringsNothingNew(environment, release, observed, delta);
        }

        IReadOnlyList<string> losses = delta is null ? [] : await MeasureLossAsync(environment, delta, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<RollbackWay> ways = await new RollbackWays(targets, _means, _time)
            .FindAsync(environment, release, observed, delta, stuck, losses, cancellationToken).ConfigureAwait(false);
        RollbackWay way = ways.FirstOrDefault(each => each.IsPossible) ?? throw NoWay(environment, release, ways);
        if (way.ReplacesDatabase)
        {
            return RollbackTarget.MakeRestorePlan(environment, release, observed, way) with { Ways = ways, DataLoss = [way.Loss] };
        }

        IReadOnlyList<ConfigurationChange> configuration = RollbackTarget.Configuration(
            observed, release, await DeclaredAsync(environment, release, cancellationToken).ConfigureAwait(false));
        return RollbackTarget.MakePlan(environment, release, observed, delta!, configuration) with { Ways = ways, DataLoss = losses };
    }

    private async Task<(MigrationDelta? Delta, DeployException? Stuck)> TryUndoAsync(
        DeploymentEnvironment environment, Release release, ObservedState observed, CancellationToken cancellationToken)
    {
        try
        {
            await FetchDownScriptsAsync(environment, release, observed, cancellationToken).ConfigureAwait(false);
            return (MigrationDelta.ForRollback(environment, release, observed), null);
        }
        catch (DeployException e) when (e.Code == ErrorTable.DownScriptsMissing)
        {
            return (null, e);
        }
    }

    private async Task<long> VerifyAsync(Release release, CancellationToken cancellationToken)
    {
        long begun = _time.GetTimestamp();
        await ReleaseStore.VerifyAsync(release, cancellationToken).ConfigureAwait(false);
        return begun;
    }

    private Task FetchDownScriptsAsync(DeploymentEnvironment environment, Release release, ObservedState observed, CancellationToken cancellationToken) =>
        WayBackFiles.FetchDownScriptsAsync(environment, release, observed, sink ?? NullProgressSink.Instance, cancellationToken);

    private static DeployException NoWay(DeploymentEnvironment environment, Release release, IReadOnlyList<RollbackWay> ways) => new(
        ErrorTable.DownScriptsMissing,
        $"Environment '{environment}' cannot be brought back to release '{release}'.{string.Concat(ways.Select(way => $"\n  {way}"))}",
        $"Publish a release that goes on from there, or restore a backup: Get-DeploymentBackup {environment}",
        environment);

    private async Task<IReadOnlyList<ConfigurationChange>> DeclaredAsync(DeploymentEnvironment environment, Release release, CancellationToken cancellationToken) =>
        targets.For(environment).Configuration is { } place ? await place.PlanAsync(release, cancellationToken).ConfigureAwait(false) : [];

    private async Task<IReadOnlyList<string>> MeasureLossAsync(DeploymentEnvironment environment, MigrationDelta delta, CancellationToken cancellationToken)
    {
        if (delta.Undo.Count == 0)
        {
            return [];
        }

        DatabaseAddress database = await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        return await DownScriptLoss.MeasureAsync(database, delta.Undo, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A store that two applications share has the releases of both, and an empty database takes any.</summary>
    private static void EnsureSameApplication(DeploymentEnvironment environment, Release release)
    {
        if (release.Application != environment.Application)
        {
            throw new DeployException(
                ErrorTable.ReleaseNotForEnvironment,
                $"Release '{release}' is of application '{release.Application}', and environment '{environment}' of '{environment.Application}'.",
                "Name a release of this application with -Release: Get-Release lists them with their applications. Give each application a 'releases.store' of its own.",
                release);
        }
    }

    private static void EnsureServable(DeploymentEnvironment environment, Release release, ObservedState observed)
    {
        if (release.Web is not null && !observed.HasWebRoot)
        {
            throw new DeployException(
                ErrorTable.ReleaseNotServable,
                $"Release '{release}' has a web bundle, and environment '{environment}' has no web root that runs.",
                environment.Target == TargetKind.Local
                    ? $"Start it: Start-LocalStack {environment}"
                    : "Make a release without a web bundle, or publish to an environment that serves one.",
                environment);
        }
    }
}
