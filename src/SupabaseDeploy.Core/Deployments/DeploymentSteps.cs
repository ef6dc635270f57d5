using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>What the steps of publishes and rollbacks do. Each checks before it acts and verifies afterwards, so each may be repeated.</summary>
internal sealed class DeploymentSteps(
    IDeploymentTarget target, DatabaseAddress database, DeploymentLock held, EnvironmentObserver observer, TimeProvider time, IProgressSink sink)
{
    private readonly MigrationRunner _runner = new(time);

    public async Task<StepOutcome> PreflightAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        await ReleaseStore.VerifyAsync(plan.Release!, cancellationToken).ConfigureAwait(false);
        foreach (Release source in UndoSources(plan.Undo, plan.Observed!).Select(source => source.Release).DistinctBy(release => release.Id))
        {
            await ReleaseStore.VerifyAsync(source, cancellationToken).ConfigureAwait(false);
        }

        if (plan.Undo.Count == 0)
        {
            // Every pending file is read and judged before the first change.
            await _runner.PlanAsync(Request(plan.Release!), sink, cancellationToken).ConfigureAwait(false);
        }

        return new StepOutcome($"Release {plan.Release} is unchanged since it was made; {plan.Observed!.History.Count} migrations are in the history.");
    }

    public async Task<StepOutcome> MigrateAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Apply.Count == 0)
        {
            return new StepOutcome("No migration is pending.");
        }

        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        MigrationRun run = await _runner.ApplyAsync(Request(plan.Release!), sink, cancellationToken).ConfigureAwait(false);
        ObservedState now = await observer.ObserveAsync(target.Environment, cancellationToken).ConfigureAwait(false);
        string[] missing = [.. plan.Release!.Migrations.Select(migration => migration.Version).Except(now.History)];
        return missing.Length == 0
            ? new StepOutcome($"{Words.Migrations(run.Applied.Select(applied => applied.Version))} applied; {now.History.Count} in the history.", run.Changed)
            : throw NotVerified(StepName.Migrate, $"{Words.Migrations(missing)} is not in the history");
    }

    /// <summary>Undoes migrations, newest first, each by the down script of the release that brought it.</summary>
    public async Task<StepOutcome> UndoAsync(IReadOnlyList<string> versions, ObservedState known, CancellationToken cancellationToken)
    {
        ObservedState now = await observer.ObserveAsync(target.Environment, cancellationToken).ConfigureAwait(false);
        string[] applied = [.. versions.Intersect(now.History).OrderDescending(StringComparer.Ordinal)];
        if (applied.Length == 0)
        {
            return new StepOutcome("No migration has to be undone.");
        }

        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        foreach ((Release release, IReadOnlyList<string> group) in UndoSources(applied, known))
        {
            await _runner.UndoAsync(Request(release), group, sink, cancellationToken).ConfigureAwait(false);
        }

        ObservedState after = await observer.ObserveAsync(target.Environment, cancellationToken).ConfigureAwait(false);
        string[] left = [.. applied.Intersect(after.History)];
        return left.Length == 0
            ? new StepOutcome($"{Words.Migrations(applied)} undone; {after.History.Count} in the history.", true)
            : throw NotVerified(StepName.Undo, $"{Words.Migrations(left)} is still in the history");
    }

    /// <summary>Lets the web root serve <paramref name="release"/>, or nothing when it is null or has no bundle.</summary>
    public async Task<StepOutcome> WebAsync(Release? release, CancellationToken cancellationToken)
    {
        if (await target.GetWebUrlAsync(cancellationToken).ConfigureAwait(false) is null)
        {
            return new StepOutcome("There is no web root here.");
        }

        string? wanted = release?.Web is null ? null : release.Id;
        string? before = await target.GetServedReleaseAsync(cancellationToken).ConfigureAwait(false);
        if (before == wanted)
        {
            return new StepOutcome(wanted is null ? "No release is served, as it should be." : $"Release {release} is served already.");
        }

        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        await (wanted is null ? target.WithdrawWebAsync(sink, cancellationToken) : target.PublishWebAsync(release!, sink, cancellationToken)).ConfigureAwait(false);
        string? served = await target.GetServedReleaseAsync(cancellationToken).ConfigureAwait(false);
        return served == wanted
            ? new StepOutcome(wanted is null ? "No release is served any more." : $"Release {release} is served.", true)
            : throw NotVerified(StepName.Web, $"the web root serves {(served is null ? "nothing" : $"release {Words.Short(served)}")}");
    }

    /// <summary>The releases whose down scripts undo the versions, in order; neighbours with the same source together.</summary>
    private static IEnumerable<(Release Release, IReadOnlyList<string> Versions)> UndoSources(IReadOnlyList<string> versions, ObservedState known)
    {
        var copies = new AppliedCopies(known);
        var groups = new List<(Release Release, List<string> Versions)>();
        foreach (string version in versions)
        {
            Release source = copies.DownScriptSource(version) ?? throw new DeployException(
                ErrorTable.DownScriptsMissing,
                $"Migration '{version}' cannot be undone: no stored release has its down script.",
                "Restore a backup, or publish a release that goes on from there with -RollForward.",
                version);
            if (groups.Count == 0 || groups[^1].Release.Id != source.Id)
            {
                groups.Add((source, []));
            }

            groups[^1].Versions.Add(version);
        }

        return groups.Select(group => (group.Release, (IReadOnlyList<string>)group.Versions));
    }

    private MigrationRequest Request(Release release) => new()
    {
        Environment = target.Environment,
        Database = database,
        Folder = release.MigrationsFolder,
        HeldLock = held,
    };

    private DeployException NotVerified(string step, string seen) => new(
        ErrorTable.StepNotVerified,
        $"Step '{step}' ended without an error on '{target.Environment}', but {seen}.",
        "Find out who else changes this environment; then publish again.",
        target.Environment);
}
