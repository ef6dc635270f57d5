using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres.Catalog;

namespace SupabaseDeploy.Health;

/// <summary>
/// Whether the schema still is what the last deployment left. Only with the same migrations applied is a difference drift:
/// migrations that were applied outside a publish are what the check of migrations is for.
/// </summary>
internal static class SchemaProbe
{
    private const int Named = 3;

    public static async Task<Finding> CheckAsync(DeploymentEnvironment environment, NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await CheckAsync(
            environment, await RecordedSchema.ReadAsync(connection, cancellationToken).ConfigureAwait(false), connection, cancellationToken).ConfigureAwait(false);

    /// <summary>The same, where the record was read already.</summary>
    public static async Task<Finding> CheckAsync(
        DeploymentEnvironment environment, RecordedSchema? recorded, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (recorded is null)
        {
            return Finding.Healthy("No schema is recorded here yet, so there is nothing to drift from: a publish records it.");
        }

        string history = await RecordedSchema.DigestHistoryAsync(connection, cancellationToken).ConfigureAwait(false);
        if (recorded.WhyNotComparable(connection.PostgreSqlVersion.Major, history) is { } why)
        {
            return Finding.Healthy($"Not compared with the schema that deployment {recorded.Deployment} left: {why}. The next publish records it anew.");
        }

        if (recorded.Stamp is { } stamp && await CatalogStamp.ReadAsync(connection, cancellationToken).ConfigureAwait(false) == stamp)
        {
            return Finding.Healthy($"Nothing was written to the catalog since deployment {recorded.Deployment} left it.");
        }

        DatabaseCatalog now = await CatalogReader.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        if (now.Fingerprint == recorded.Fingerprint)
        {
            return Finding.Healthy($"All {now.Objects.Count} objects are as deployment {recorded.Deployment} left them.");
        }

        DatabaseCatalog then = await RecordedSchema.ReadCatalogAsync(connection, cancellationToken).ConfigureAwait(false);
        return Drift(environment, recorded, DatabaseCatalog.Compare(now, then));
    }

    private static Finding Drift(DeploymentEnvironment environment, RecordedSchema recorded, IReadOnlyList<CatalogDifference> differences)
    {
        string count = differences.Count == 1 ? "1 object is" : $"{differences.Count} objects are";
        string most = string.Join(", ", differences.OrderByDescending(each => each.Severity).Take(Named));
        string more = differences.Count > Named ? ", …" : "";
        string command = environment.Target == TargetKind.Database ? "Compare-Environment -DatabaseUrl …" : $"Compare-Environment {environment}";
        return Finding.Degraded($"{count} not as deployment {recorded.Deployment} left the schema: {most}{more}. See them with '{command}'.");
    }
}
