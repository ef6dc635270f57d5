using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Health;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Looks at everything around a release that has to be right before the first change. Changes nothing.</summary>
internal sealed class Preflight(IDeploymentTarget target, IDeploymentTargets targets)
{
    private const long Reserve = 64L * 1024 * 1024;

    /// <summary>What the place says of itself, and of what is to be brought.</summary>
    public async Task<IReadOnlyList<PlaceFact>> InspectPlaceAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        PlaceInspection place = await target.InspectAsync(plan.Release!, cancellationToken).ConfigureAwait(false);
        return [.. place.Facts, .. OfFunctions(plan.Release!), .. place.FreeSpace is { } free ? [Space(free, Need(plan))] : (PlaceFact[])[]];
    }

    /// <summary>What the database says.</summary>
    public async Task<IReadOnlyList<PlaceFact>> AskDatabaseAsync(DeploymentPlan plan, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        RecordedSchema? recorded = await RecordedSchema.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        PlaceFact version = Version(connection, recorded);
        if (plan.Apply.Count + plan.Undo.Count + plan.Contract.Count == 0)
        {
            return [version];
        }

        Task<PlaceFact?> before = new StageBefore(targets).InspectAsync(plan.Environment, connection.PostgreSqlVersion.Major, cancellationToken);
        Task<PlaceFact> drift = DriftAsync(plan.Environment, recorded, connection, cancellationToken);
        await Task.WhenAll((Task[])[drift, before]).ConfigureAwait(false);
        return [version, await drift.ConfigureAwait(false), .. await before.ConfigureAwait(false) is { } differs ? [differs] : (PlaceFact[])[]];
    }

    /// <summary>Throws when a fact stands against the deployment, with all of them.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.PreflightFailed"/>.</exception>
    public static void EnsureGood(DeploymentEnvironment environment, IReadOnlyList<PlaceFact> facts)
    {
        PlaceFact[] bad = [.. facts.Where(fact => fact.Verdict == PlaceVerdict.Bad)];
        if (bad.Length > 0)
        {
            throw new DeployException(
                ErrorTable.PreflightFailed,
                $"Environment '{environment}' is not ready for a deployment: {string.Join(" ", bad.Select(fact => $"{fact.Name}: {fact.Message}"))}",
                string.Join("\n", bad.Select(fact => fact.Remedy).OfType<string>().Distinct()),
                environment);
        }
    }

    private IEnumerable<PlaceFact> OfFunctions(Release release) => release.Functions.Count == 0 || target.Functions is not null
        ? []
        :
        [
            new PlaceFact(
                "functions",
                PlaceVerdict.Doubtful,
                $"The release has {release.Functions.Count} edge functions, and this place runs none: they are left out.",
                "Publish to a place that runs edge functions."),
        ];

    /// <summary>What is written here: bundle and functions, as they are, and room to work.</summary>
    private static long Need(DeploymentPlan plan) =>
        (plan.Release!.Web?.Files.Sum(file => file.Size) ?? 0)
        + plan.Release.Functions.Where(function => plan.Functions?.Deploy.Contains(function.Slug) == true).Sum(function => function.Files.Sum(file => file.Size))
        + Reserve;

    private static PlaceFact Space(long free, long need) => free >= need
        ? new("free space", PlaceVerdict.Good, $"{Words.Size(free)} are free.")
        : new("free space", PlaceVerdict.Bad, $"{Words.Size(free)} are free, and the deployment needs {Words.Size(need)}.", "Free disk space there, then publish again.");

    private static PlaceFact Version(NpgsqlConnection connection, RecordedSchema? recorded)
    {
        int major = connection.PostgreSqlVersion.Major;
        return recorded is null || recorded.ServerVersion == major
            ? new("PostgreSQL", PlaceVerdict.Good, $"PostgreSQL {major}.")
            : new(
                "PostgreSQL",
                major < recorded.ServerVersion ? PlaceVerdict.Bad : PlaceVerdict.Doubtful,
                $"This is PostgreSQL {major}; deployment {recorded.Deployment} was made on {recorded.ServerVersion}.",
                major < recorded.ServerVersion
                    ? "Find out whether this is the database it should be: a server does not go back to an older version by itself."
                    : "Rehearse the release on the new version: Test-Release");
    }

    private static async Task<PlaceFact> DriftAsync(
        DeploymentEnvironment environment, RecordedSchema? recorded, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        Finding finding = await SchemaProbe.CheckAsync(environment, recorded, connection, cancellationToken).ConfigureAwait(false);
        return finding.Status == HealthStatus.Healthy
            ? new("schema", PlaceVerdict.Good, finding.Message)
            : new("schema", PlaceVerdict.Doubtful, finding.Message, $"Write a migration for what is wanted: Compare-Environment {environment}");
    }
}
