using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>Which release's copy of a migration is the one that was applied, and where its down script is.</summary>
internal sealed class AppliedCopies(ObservedState observed)
{
    /// <summary>SHA-256 of the file that was applied as <paramref name="version"/>; null when no deployment applied it.</summary>
    public string? Sha256(string version) => Migration(Owner(version)?.Release ?? observed.Current, version)?.Sha256;

    /// <summary>
    /// A stored release that holds the down script of the applied file: the release that brought it, else one with the very same file.
    /// </summary>
    public Release? DownScriptSource(string version) => DownScriptSources(version).FirstOrDefault(release => Directory.Exists(release.MigrationsFolder));

    /// <summary>The releases that would be one and are not stored on this machine, the likeliest first.</summary>
    public IEnumerable<Release> AbsentDownScriptSources(string version) =>
        DownScriptSources(version).Where(release => !Directory.Exists(release.Path)).DistinctBy(release => release.Id);

    private IEnumerable<Release> DownScriptSources(string version)
    {
        string? sha256 = Sha256(version);
        return Candidates(version)
            .Where(release => Migration(release, version) is { DownSha256: not null } migration && (sha256 is null || migration.Sha256 == sha256));
    }

    private IEnumerable<Release> Candidates(string version) =>
        observed.Deployments.Reverse().Prepend(Owner(version)).Select(deployment => deployment?.Release).OfType<Release>();

    /// <summary>The last deployment that was to apply it, and had first undone another one's copy where it was to; or the restore that brought it back.</summary>
    private Deployment? Owner(string version) => observed.Deployments.LastOrDefault(deployment =>
        ((deployment.Plan.Apply.Contains(version) || deployment.Plan.Contract.Contains(version)) && !HasStillToUndo(deployment, version))
        || (deployment.HasReplacedDatabase && Migration(deployment.Release, version) is not null));

    /// <summary>
    /// The deployment before whose first change none of the versions was applied: the first of those that brought them, and of those whose leftovers
    /// they undid after their own restore point. Null where that is not known: another tool applied one.
    /// </summary>
    public Deployment? FirstThatApplied(IReadOnlyCollection<string> versions)
    {
        Deployment?[] brought = [.. versions.Select(BroughtBy)];
        if (brought.Contains(null))
        {
            return null;
        }

        Guid[] ids = [.. brought.SelectMany(deployment => deployment!.Plan.Undo.Count > 0 ? deployment.Plan.TakesOver.Append(deployment.Id) : [deployment.Id])];
        return observed.Deployments.FirstOrDefault(deployment => ids.Contains(deployment.Id) && HasReached(deployment, StepName.Migrate));
    }

    // The last one that came to it: those before it were undone. One that took it back itself, or changed nothing, is not why it is there.
    private Deployment? BroughtBy(string version)
    {
        Deployment? last = observed.Deployments.LastOrDefault(deployment =>
            (deployment.Plan.Apply.Contains(version) && HasReached(deployment, StepName.Migrate))
            || (deployment.Plan.Contract.Contains(version) && HasReached(deployment, StepName.Contract)));
        return last is { Status: DeploymentStatus.RolledBack } or { Status: DeploymentStatus.Failed, Changed: false } ? null : last;
    }

    private static bool HasReached(Deployment deployment, string step) => deployment.Steps.Any(each => each.Name == step);

    /// <summary>True when the deployment was to undo the version and did not come to the end of that.</summary>
    public static bool HasStillToUndo(Deployment deployment, string version) =>
        deployment.Plan.Undo.Contains(version)
        && !deployment.Steps.Any(step => step is { Name: StepName.Recover or StepName.Undo, Status: StepStatus.Succeeded });

    private static ReleaseMigration? Migration(Release? release, string version) =>
        release?.Migrations.FirstOrDefault(migration => migration.Version == version);
}
