using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>What is done to the migrations of a database, and verified in its history.</summary>
internal sealed class MigrationSteps(
    IDeploymentTarget target, DatabaseAddress database, DeploymentLock held, EnvironmentObserver observer, TimeProvider time, IProgressSink sink)
{
    private readonly MigrationRunner _runner = new(time);

    public async Task<StepOutcome> MigrateAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        return plan.Apply.Count == 0
            ? new StepOutcome("No migration is pending.")
            : await ApplyAsync(StepName.Migrate, Request(plan.Release!, plan.Contract), plan.Release!.Migrations.Select(migration => migration.Version).Except(plan.Contract), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Applies the contracting migrations: all that the release has and the history has not.</summary>
    public Task<StepOutcome> ContractAsync(DeploymentPlan plan, CancellationToken cancellationToken) => ApplyAsync(
        StepName.Contract, Request(plan.Release!, []) with { IncludeOutOfOrder = true }, plan.Release!.Migrations.Select(migration => migration.Version), cancellationToken);

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
            throw StepOutcome.NotVerified(target.Environment, StepName.Undo, $"{Words.Migrations(left)} is still in the history");
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

    private async Task<StepOutcome> ApplyAsync(string step, MigrationRequest request, IEnumerable<string> wanted, CancellationToken cancellationToken)
    {
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        MigrationRun run = await _runner.ApplyAsync(request, sink, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> history = await observer.ReadHistoryAsync(target.Environment, cancellationToken).ConfigureAwait(false);
        string[] missing = [.. wanted.Except(history)];
        return missing.Length == 0
            ? new StepOutcome($"{Words.Migrations(run.Applied.Select(applied => applied.Version))} applied; {history.Count} in the history.", run.Changed)
            : throw StepOutcome.NotVerified(target.Environment, step, $"{Words.Migrations(missing)} is not in the history");
    }
}
