using SupabaseDeploy.Environments;
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
    private const string RestorePointSaid = "Restore point ";

    private readonly MigrationRunner _runner = new(time);
    private IReadOnlyList<ConfigurationChange> _brought = [];

    /// <exception cref="DeployException"><see cref="ErrorTable.DeploymentLockLost"/>.</exception>
    public Task EnsureHeldAsync(CancellationToken cancellationToken) => held.EnsureHeldAsync(cancellationToken);

    public async Task<StepOutcome> MigrateAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        return plan.Apply.Count == 0
            ? new StepOutcome("No migration is pending.")
            : await ApplyAsync(StepName.Migrate, Request(plan.Release!, plan.Contract), plan.Release!.Migrations.Select(migration => migration.Version).Except(plan.Contract), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Applies the contracting migrations: all that the release has and the history has not.</summary>
    public Task<StepOutcome> ContractAsync(DeploymentPlan plan, CancellationToken cancellationToken) => ApplyAsync(
        StepName.Contract, Request(plan.Release!, []) with { IncludeOutOfOrder = true }, plan.Release!.Migrations.Select(migration => migration.Version), cancellationToken);

    /// <summary>Brings new and changed functions, and removes those of earlier releases; first back to before what was interrupted.</summary>
    public async Task<StepOutcome> FunctionsAsync(DeploymentPlan plan, Guid deployment, CancellationToken cancellationToken)
    {
        IPlaceFunctions place = target.Functions!;
        bool wentBack = false;
        foreach (Deployment interrupted in OfOtherReleases(plan))
        {
            wentBack |= (await place.GoBackAsync(interrupted.Id, sink, cancellationToken).ConfigureAwait(false)).Count > 0;
        }

        ObservedState now = await observer.ObserveAsync(target.Environment, cancellationToken).ConfigureAwait(false);
        FunctionChange change = FunctionDelta.Of(plan.Release!, now)!;
        if (change.IsEmpty)
        {
            return new StepOutcome($"All {plan.Release!.Functions.Count} functions are the release's.", wentBack);
        }

        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        await place.ApplyAsync(change, deployment, sink, cancellationToken).ConfigureAwait(false);
        return FunctionDelta.FindDifference(change, await place.ListAsync(cancellationToken).ConfigureAwait(false)) is { } difference
            ? throw NotVerified(StepName.Functions, difference)
            : new StepOutcome($"{change.Deploy.Count} functions brought, {change.Remove.Count} removed, {plan.Release!.Functions.Count - change.Deploy.Count} unchanged.", true);
    }

    /// <summary>Puts back the functions from before the deployment, and from before those it took over.</summary>
    public async Task<StepOutcome> FunctionsBackAsync(DeploymentPlan plan, Guid deployment, CancellationToken cancellationToken)
    {
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        var back = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Guid id in plan.TakesOver.Prepend(deployment))
        {
            back.UnionWith(await target.Functions!.GoBackAsync(id, sink, cancellationToken).ConfigureAwait(false));
        }

        return new StepOutcome(back.Count == 0 ? "No function was changed." : $"Function {string.Join(", ", back)} is what it was.", back.Count > 0);
    }

    /// <summary>
    /// Brings the declared settings; first back to before what was interrupted. Settings can be changed in the dashboard at any time, past every lock:
    /// what the plan did not show is left as somebody has just set it.
    /// </summary>
    public async Task<StepOutcome> ConfigurationAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        IPlaceConfiguration place = target.Configuration!;
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        string[] foreign = FindForeign(await place.PlanAsync(plan.Release!, cancellationToken).ConfigureAwait(false), plan);
        bool IsOurs(ConfigurationChange change) => !foreign.Contains(change.Key);
        _brought = [.. plan.Configuration.Where(IsOurs)];
        foreach (Deployment interrupted in OfOtherReleases(plan))
        {
            await place.ApplyAsync([.. Reversed(interrupted.Plan.Configuration).Where(IsOurs)], sink, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<ConfigurationChange> declared = await place.PlanAsync(plan.Release!, cancellationToken).ConfigureAwait(false);
        string[] keys = [.. declared.Select(change => change.Key)];
        ConfigurationChange[] changes = [.. declared.Concat(plan.Configuration.Where(change => !keys.Contains(change.Key))).Where(IsOurs)];
        await place.ApplyAsync(changes, sink, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ConfigurationChange> left = await place.PlanAsync(plan.Release!, cancellationToken).ConfigureAwait(false);
        string[] wrong = [.. left.Where(change => !change.IsSecret && IsOurs(change)).Select(change => change.Key)];
        return wrong.Length == 0
            ? new StepOutcome(changes.Length == 0 ? "No setting was changed." : $"{string.Join("; ", changes.Select(change => change.ToString()))}.", changes.Length > 0)
            : throw NotVerified(StepName.Configuration, $"{string.Join(", ", wrong)} is not as declared");
    }

    /// <summary>Puts back the settings from before the deployment, and from before those it took over. Secrets stay: what they were cannot be read.</summary>
    public async Task<StepOutcome> ConfigurationBackAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        foreach (IReadOnlyList<ConfigurationChange> changes in plan.Observed!.UnsettledChain.Select(deployment => deployment.Plan.Configuration).Prepend(_brought).Select(Reversed))
        {
            await target.Configuration!.ApplyAsync(changes, sink, cancellationToken).ConfigureAwait(false);
            keys.UnionWith(changes.Select(change => change.Key));
        }

        return new StepOutcome(keys.Count == 0 ? "No setting was changed." : $"{string.Join(", ", keys)} is what it was.", keys.Count > 0);
    }

    /// <summary>Has the platform make a restore point.</summary>
    public async Task<StepOutcome> RestorePointAsync(Guid deployment, CancellationToken cancellationToken)
    {
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        RestorePoint point = await target.RestorePoints!.CreateAsync(NameOf(deployment), sink, cancellationToken).ConfigureAwait(false);
        return new StepOutcome($"{RestorePointSaid}{point}.{(point.Limits is null ? "" : " " + point.Limits)}");
    }

    /// <summary>A restore point's name of at most 20 characters that says which deployment it was made for.</summary>
    public static string NameOf(Guid deployment) => $"sd-{deployment.ToString("N")[^16..]}";

    /// <summary>The restore point that a deployment made, by the name that the platform gave it; null for none.</summary>
    public static string? RestorePointOf(Deployment deployment) =>
        deployment.Steps.LastOrDefault(step => step is { Name: StepName.RestorePoint, Status: StepStatus.Succeeded })?.Message is { } said
        && said.StartsWith(RestorePointSaid, StringComparison.Ordinal)
            ? said[RestorePointSaid.Length..].Split('.')[0]
            : null;

    private async Task<StepOutcome> ApplyAsync(string step, MigrationRequest request, IEnumerable<string> wanted, CancellationToken cancellationToken)
    {
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        MigrationRun run = await _runner.ApplyAsync(request, sink, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> history = await observer.ReadHistoryAsync(target.Environment, cancellationToken).ConfigureAwait(false);
        string[] missing = [.. wanted.Except(history)];
        return missing.Length == 0
            ? new StepOutcome($"{Words.Migrations(run.Applied.Select(applied => applied.Version))} applied; {history.Count} in the history.", run.Changed)
            : throw NotVerified(step, $"{Words.Migrations(missing)} is not in the history");
    }

    /// <summary>The keys of what would be changed now and is not in the plan.</summary>
    private string[] FindForeign(IReadOnlyList<ConfigurationChange> now, DeploymentPlan plan)
    {
        ConfigurationChange[] others =
        [
            .. now.Where(change => !plan.Configuration.Any(shown => (shown.Key, shown.OldValue, shown.NewValue) == (change.Key, change.OldValue, change.NewValue))),
        ];
        if (others.Length > 0)
        {
            sink.Publish(new Caution(
                $"Settings of '{target.Environment}' were changed by somebody else since the plan was made, and are left so. The next publish would bring back: {string.Join("; ", others.Select(change => change.ToString()))}."));
        }

        return [.. others.Select(change => change.Key)];
    }

    // One of the same release is gone on with.
    private static IEnumerable<Deployment> OfOtherReleases(DeploymentPlan plan) =>
        plan.Observed!.UnsettledChain.Where(deployment => deployment.Release?.Id != plan.Release!.Id);

    private static IReadOnlyList<ConfigurationChange> Reversed(IReadOnlyList<ConfigurationChange> changes) =>
        [.. changes.Where(change => !change.IsSecret).Select(change => change.Reverse())];

    /// <summary>Undoes migrations, newest first, each by the down script of the release that brought it.</summary>
    public async Task<StepOutcome> UndoAsync(IReadOnlyList<string> versions, ObservedState known, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> before = await observer.ReadHistoryAsync(target.Environment, cancellationToken).ConfigureAwait(false);
        string[] applied = [.. versions.Intersect(before).OrderDescending(StringComparer.Ordinal)];
        if (applied.Length == 0)
        {
            return new StepOutcome("No migration has to be undone.");
        }

        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        foreach ((Release release, IReadOnlyList<string> group) in UndoSources(applied, known))
        {
            await _runner.UndoAsync(Request(release, []), group, sink, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<string> after = await observer.ReadHistoryAsync(target.Environment, cancellationToken).ConfigureAwait(false);
        string[] left = [.. applied.Intersect(after)];
        if (left.Length > 0)
        {
            throw NotVerified(StepName.Undo, $"{Words.Migrations(left)} is still in the history");
        }

        await UndoneSchema.CompareAsync(target.Environment, database, sink, cancellationToken).ConfigureAwait(false);
        return new StepOutcome($"{Words.Migrations(applied)} undone; {after.Count} in the history.", true);
    }

    /// <summary>What undoing the versions loses, as the database is now.</summary>
    public Task<IReadOnlyList<string>> MeasureLossAsync(IReadOnlyList<string> versions, ObservedState known, CancellationToken cancellationToken) =>
        DownScriptLoss.MeasureAsync(
            database,
            [.. UndoSources(versions, known).SelectMany(source => source.Versions.Select(version => new MigrationToUndo(version, source.Release)))],
            cancellationToken);

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
    internal static IEnumerable<(Release Release, IReadOnlyList<string> Versions)> UndoSources(IReadOnlyList<string> versions, ObservedState known)
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

    /// <summary>The migrations of a release without those that are withheld.</summary>
    internal static MigrationRequest MigrationsOf(
        Release release, IReadOnlyList<string> withheld, DeploymentEnvironment environment, DatabaseAddress database, IProgressSink sink) => new()
        {
            Files = withheld.Count == 0 ? null : [.. MigrationFolder.Read(release.MigrationsFolder, sink).Where(file => !withheld.Contains(file.Version))],
            Environment = environment,
            Database = database,
            Folder = release.MigrationsFolder,
        };

    private MigrationRequest Request(Release release, IReadOnlyList<string> withheld) =>
        MigrationsOf(release, withheld, target.Environment, database, sink) with { HeldLock = held };

    private DeployException NotVerified(string step, string seen) => new(
        ErrorTable.StepNotVerified,
        $"Step '{step}' ended without an error on '{target.Environment}', but {seen}.",
        "Find out who else changes this environment; then publish again.",
        target.Environment);
}
