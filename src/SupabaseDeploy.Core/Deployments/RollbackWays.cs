using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Finds every way back to a release, the least costly first. Changes nothing in the environment.</summary>
internal sealed class RollbackWays(IDeploymentTargets targets, RollbackMeans means, TimeProvider time)
{
    /// <param name="environment">The environment.</param>
    /// <param name="release">The release to go back to.</param>
    /// <param name="observed">What the environment is.</param>
    /// <param name="delta">The way by down scripts; null when there is none, for the reason in <paramref name="stuck"/>.</param>
    /// <param name="stuck">Why there is no way by down scripts.</param>
    /// <param name="losses">What the down scripts lose, measured.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<RollbackWay>> FindAsync(
        DeploymentEnvironment environment,
        Release release,
        ObservedState observed,
        MigrationDelta? delta,
        DeployException? stuck,
        IReadOnlyList<string> losses,
        CancellationToken cancellationToken)
    {
        const string Code = "Web root, functions and settings go back; the database stays.";
        if (delta is { Undo.Count: 0 })
        {
            return [new RollbackWay(RollbackStrategy.CodeOnly, Code, "Nothing.", null)];
        }

        string[] later = [.. MigrationDelta.Strange(release, observed)];
        var ways = new List<RollbackWay>
        {
            new(RollbackStrategy.CodeOnly, Code, "Nothing.", $"{Words.Migrations(later)} was applied since."),
            await ByDownScriptsAsync(observed, delta, stuck, losses, cancellationToken).ConfigureAwait(false),
        };
        if (targets.For(environment).RestorePoints is { } points)
        {
            ways.Add(await ByRestorePointAsync(points, release, observed, later, cancellationToken).ConfigureAwait(false));
        }

        if (means.FindBackup is { } find)
        {
            ways.Add(await find(environment, release, cancellationToken).ConfigureAwait(false));
        }

        return ways;
    }

    private async Task<RollbackWay> ByDownScriptsAsync(
        ObservedState observed, MigrationDelta? delta, DeployException? stuck, IReadOnlyList<string> losses, CancellationToken cancellationToken)
    {
        if (delta is null)
        {
            return new RollbackWay(RollbackStrategy.DownScripts, "Down scripts undo the migrations.", "Nothing.", stuck!.Message);
        }

        string[] versions = [.. delta.Undo.Select(undo => undo.Version)];
        string loss = losses.Count == 0 ? "Nothing that is there now." : $"{string.Join(", ", losses)}, written since {Since(observed, versions)}.";
        string? whyNot = means.Prove is null ? null : await FindUnprovenAsync(delta, means.Prove, cancellationToken).ConfigureAwait(false);
        string proven = means.Prove is null ? "" : "proven ";
        return new RollbackWay(RollbackStrategy.DownScripts, $"The {proven}down scripts of {Words.Migrations(versions)} run; web root, functions and settings go back.", loss, whyNot);
    }

    private static async Task<string?> FindUnprovenAsync(
        MigrationDelta delta, Func<Release, IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<DownProof>>> prove, CancellationToken cancellationToken)
    {
        try
        {
            foreach (IGrouping<string, MigrationToUndo> source in delta.Undo.GroupBy(undo => undo.Source.Id))
            {
                IReadOnlyList<DownProof> proofs = await prove(source.First().Source, [.. source.Select(undo => undo.Version)], cancellationToken).ConfigureAwait(false);
                if (proofs.FirstOrDefault(proof => !proof.IsProven) is { } failed)
                {
                    return $"{failed.Message} -AllowUnproven runs it all the same.";
                }
            }

            return null;
        }
        catch (DeployException e)
        {
            return $"They cannot be proven here: {e.Message} -AllowUnproven runs them all the same.";
        }
    }

    private async Task<RollbackWay> ByRestorePointAsync(
        IPlaceRestorePoints points, Release release, ObservedState observed, string[] later, CancellationToken cancellationToken)
    {
        RestorePoint? point = await FindPointAsync(points, release, new AppliedCopies(observed).FirstThatApplied(later), observed, cancellationToken).ConfigureAwait(false);
        return point is null
            ? new RollbackWay(
                RollbackStrategy.RestorePoint,
                "The platform goes back to a restore point.",
                "",
                $"the platform has no usable restore point from the time when release {release} ran and before those migrations.")
            : new RollbackWay(
                RollbackStrategy.RestorePoint,
                $"The platform's restore point '{point}' brings the whole database back; web root, functions and settings go back.{(point.Limits is null ? "" : " " + point.Limits)}",
                point.CreatedAt is { } moment ? $"Everything written since {moment.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z ({Health.Readable.Duration(time.GetUtcNow() - moment)})." : "Everything written since it was made.",
                null)
            {
                RestorePoint = point.Name,
            };
    }

    /// <summary>
    /// The point that the first of those deployments made for itself; else the moment before its first change, where every moment is a point; else the
    /// last one between the release's publish and that deployment.
    /// </summary>
    private static async Task<RestorePoint?> FindPointAsync(
        IPlaceRestorePoints points, Release release, Deployment? first, ObservedState observed, CancellationToken cancellationToken)
    {
        if (first is null)
        {
            return null;
        }

        RestorePoint? own = first.PreviousRelease?.Id == release.Id && RestorePointStep.Of(first) is { } name
            ? await points.FindAsync(name, cancellationToken).ConfigureAwait(false)
            : null;
        if (own is { Status: RestorePointStatus.Available })
        {
            return own;
        }

        DateTimeOffset? since = observed.Deployments
            .LastOrDefault(deployment => deployment.Status == DeploymentStatus.Succeeded && deployment.Release?.Id == release.Id && deployment.FinishedAt <= first.StartedAt)?.FinishedAt;
        RestorePoint? moment = await points.FindAtAsync(FirstChange(first) - TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(false);
        if (moment is { Status: RestorePointStatus.Available } && moment.CreatedAt >= since)
        {
            return moment;
        }

        IReadOnlyList<RestorePoint> all = await points.ListAsync(cancellationToken).ConfigureAwait(false);
        return all.LastOrDefault(point => point.Status == RestorePointStatus.Available && point.CreatedAt >= since && point.CreatedAt <= first.StartedAt);
    }

    private static DateTimeOffset FirstChange(Deployment deployment) =>
        deployment.Steps.FirstOrDefault(step => !StepName.IsBeforeChanges(step.Name))?.StartedAt ?? deployment.StartedAt;

    private static string Since(ObservedState observed, string[] versions) =>
        new AppliedCopies(observed).FirstThatApplied(versions) is { } first ? $"{first.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : "they were applied";
}
