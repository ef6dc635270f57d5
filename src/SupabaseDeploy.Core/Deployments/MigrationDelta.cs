using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>One migration to undo, and the release whose down script does it.</summary>
internal sealed record MigrationToUndo(string Version, Release Source)
{
    public string DownScript => Path.Combine(Source.MigrationsFolder, "down", Source.Migrations.First(migration => migration.Version == Version).FileName);
}

/// <summary>The difference between a database's history and a release.</summary>
/// <param name="Undo">To undo, newest first.</param>
/// <param name="Apply">To apply, in order, once those are undone.</param>
/// <param name="Brings">What the deployment answers for: see <see cref="DeploymentPlan.Brings"/>.</param>
internal sealed record MigrationDelta(IReadOnlyList<MigrationToUndo> Undo, IReadOnlyList<string> Apply, IReadOnlyList<string> Brings)
{
    /// <summary>To apply once the release was healthy, in order.</summary>
    public IReadOnlyList<string> Contract { get; init; } = [];

    /// <summary>Forward only, except for what an interrupted deployment left behind.</summary>
    public static MigrationDelta ForPublish(DeploymentEnvironment environment, Release release, ObservedState observed)
    {
        var copies = new AppliedCopies(observed);
        IReadOnlyList<string> strange = Strange(release, observed);
        string[] left = [.. observed.Unsettled?.Plan.Brings.Intersect(observed.History) ?? []];
        string[] unknown = [.. strange.Except(left)];
        if (unknown.Length > 0)
        {
            throw Inconsistent(environment, release, observed, unknown);
        }

        string[] pending = Pending(release, observed.History.Except(strange));
        IReadOnlyList<string> contract = ContractMark.Separated(environment, release, pending);
        string[] apply = [.. pending.Except(contract)];
        return new MigrationDelta(FindDownScripts(environment, release, copies, strange), apply, [.. left.Union(apply).Order(StringComparer.Ordinal)])
        {
            Contract = contract,
        };
    }

    /// <summary>Back, as far as down scripts lead. The release was healthy without its contracting migrations, and the next publish of it applies them.</summary>
    public static MigrationDelta ForRollback(DeploymentEnvironment environment, Release release, ObservedState observed)
    {
        var copies = new AppliedCopies(observed);
        IReadOnlyList<string> strange = Strange(release, observed);
        string[] pending = Pending(release, observed.History.Except(strange));
        IReadOnlyList<string> contract = ContractMark.Separated(environment, release, pending);
        string[] apply = [.. pending.Except(contract)];
        return new MigrationDelta(FindDownScripts(environment, release, copies, strange), apply, apply)
        {
            Contract = contract,
        };
    }

    /// <summary>Applied versions that are not the release's: it does not have them, or has another file under that version.</summary>
    public static IReadOnlyList<string> Strange(Release release, ObservedState observed)
    {
        var copies = new AppliedCopies(observed);
        Dictionary<string, string> own = release.Migrations.ToDictionary(migration => migration.Version, migration => migration.Sha256);
        return
        [
            .. observed.History.Where(version =>
                !own.TryGetValue(version, out string? sha256)
                || (copies.Sha256(version) is { } applied && applied != sha256)
                || (observed.Unsettled is { } unsettled && !WasGoingBackBehind(unsettled, version) && AppliedCopies.HasStillToUndo(unsettled, version)))
        ];
    }

    // What a rollback did not come to undo is applied as it was: a release that has it may be published as the repair.
    private static bool WasGoingBackBehind(Deployment unsettled, string version) =>
        unsettled.Kind == DeploymentKind.Rollback && !unsettled.Plan.Apply.Contains(version);

    private static string[] Pending(Release release, IEnumerable<string> applied) =>
        [.. release.Migrations.Select(migration => migration.Version).Except(applied).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<MigrationToUndo> FindDownScripts(
        DeploymentEnvironment environment, Release release, AppliedCopies copies, IReadOnlyList<string> versions)
    {
        var found = new List<MigrationToUndo>();
        var missing = new List<string>();
        foreach (string version in versions.OrderDescending(StringComparer.Ordinal))
        {
            if (copies.DownScriptSource(version) is { } source)
            {
                found.Add(new MigrationToUndo(version, source));
            }
            else
            {
                missing.Add(version);
            }
        }

        return missing.Count == 0 ? found : throw new DeployException(
            ErrorTable.DownScriptsMissing,
            $"Environment '{environment}' cannot be brought to release '{release}': no stored release has the down script of migration {string.Join(", ", missing)}.",
            $"Publish a release that goes on from there, or restore a backup: Get-DeploymentBackup {environment}",
            environment);
    }

    private static DeployException Inconsistent(DeploymentEnvironment environment, Release release, ObservedState observed, string[] versions)
    {
        string[] changed = [.. versions.Where(version => release.Migrations.Any(migration => migration.Version == version))];
        string cause = changed.Length > 0
            ? $"the file of migration {string.Join(", ", changed)} is not the one that was applied"
            : $"its database holds migration {string.Join(", ", versions)}, which the release does not have";
        bool wasHere = observed.Deployments.Any(deployment => deployment.Release?.Id == release.Id && deployment.Status == DeploymentStatus.Succeeded);
        return new DeployException(
            ErrorTable.HistoryInconsistent,
            $"Release '{release}' cannot be published to '{environment}': {cause}.",
            changed.Length > 0 ? "Leave an applied migration as it is, and put the change into a new one."
            : wasHere ? $"Go back to it, which undoes migrations: Restore-Deployment {environment} -Release {release}"
            : "Make a release that has every applied migration.",
            environment);
    }
}
