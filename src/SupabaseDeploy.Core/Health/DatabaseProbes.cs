using System.Data;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Health;

/// <summary>What the database's checks found.</summary>
/// <param name="Checks">One a check.</param>
/// <param name="Release">The release the database should hold: the one asked for, else the ledger's; null when there is neither, or it is not known.</param>
/// <param name="IsUnpublished">True when it is known that there is neither.</param>
internal sealed record DatabaseHealth(IReadOnlyList<HealthCheck> Checks, Release? Release, bool IsUnpublished);

/// <summary>
/// The checks of one database. They share one connection and take turns on it: a check that opens five connections
/// would itself fill a server that is nearly full. Nothing they do is left behind.
/// </summary>
internal sealed class DatabaseProbes(Measurement measurement, DeploymentEnvironment environment, Func<IDeploymentTarget> target)
{
    private const string ApplicationName = "supabase-deploy health";

    private const string TooManyConnections = "53300";

    /// <summary>Measures. Always gives every check.</summary>
    public async Task<DatabaseHealth> CheckAsync(Release? expected, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        DatabaseAddress? address = null;
        bool isFull = false;
        HealthCheck database = await measurement.MeasureAsync(
            "database",
            async token =>
            {
                address = await target().GetDatabaseAsync(token).ConfigureAwait(false) with { ConnectTimeout = environment.Health.Timeout };
                try
                {
                    connection = await address.OpenAsync(token, ApplicationName).ConfigureAwait(false);
                }
                catch (Exception e) when (e.GetBaseException() is PostgresException { SqlState: TooManyConnections })
                {
                    isFull = true;
                    throw;
                }

                string version = await connection.ScalarAsync<string>("select pg_catalog.current_setting('server_version')", token).ConfigureAwait(false);
                return Finding.Healthy($"PostgreSQL {version} answers as {address}.");
            },
            cancellationToken).ConfigureAwait(false);
        if (connection is null || address is null)
        {
            return new DatabaseHealth(Unreachable(database, isFull), expected, IsUnpublished: false);
        }

        await using (connection.ConfigureAwait(false))
        {
            var migrations = new MigrationsProbe(environment);
            HealthCheck[] checks =
            [
                database,
                await MeasureAsync("writes", connection, token => WritesProbe.CheckAsync(connection, token), cancellationToken).ConfigureAwait(false),
                await MeasureAsync("migrations", connection, token => migrations.CheckAsync(connection, address, expected, token), cancellationToken).ConfigureAwait(false),
                await MeasureAsync("schema", connection, token => SchemaProbe.CheckAsync(environment, connection, token), cancellationToken).ConfigureAwait(false),
                await MeasureAsync("connections", connection, token => ConnectionsProbe.CheckAsync(connection, token), cancellationToken).ConfigureAwait(false),
                await MeasureAsync("transactions", connection, token => TransactionsProbe.CheckAsync(connection, token), cancellationToken).ConfigureAwait(false),
            ];
            if (RestoredFunctionsProbe.FindRelease(target(), migrations.Deployments) is { } restored)
            {
                checks = [.. checks, await measurement.MeasureAsync(
                    "functions",
                    token => RestoredFunctionsProbe.CheckAsync(environment, target().Functions!, restored, migrations.Deployments, token),
                    cancellationToken).ConfigureAwait(false)];
            }

            return new DatabaseHealth(checks, migrations.Release ?? expected, migrations.IsUnpublished);
        }
    }

    private Task<HealthCheck> MeasureAsync(
        string check, NpgsqlConnection connection, Func<CancellationToken, Task<Finding>> probe, CancellationToken cancellationToken) =>
        connection.State == ConnectionState.Open
            ? measurement.MeasureAsync(check, probe, cancellationToken)
            : Task.FromResult(measurement.NotMeasured(check, "Not measured: the connection broke in the check before."));

    private HealthCheck[] Unreachable(HealthCheck database, bool isFull)
    {
        const string why = "Not measured: the database cannot be connected to.";
        return
        [
            database,
            measurement.NotMeasured("writes", why),
            measurement.NotMeasured("migrations", why),
            measurement.NotMeasured("schema", why),
            measurement.NotMeasured("connections", isFull ? "No connection is left." : why),
            measurement.NotMeasured("transactions", why),
        ];
    }
}
