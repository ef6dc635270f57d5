using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>Down scripts may leave another schema than there was. Whether it works is measured, so that it is said and no more.</summary>
internal static class UndoneSchema
{
    /// <summary>Compares it with the schema that is recorded, where that is of the migrations that are applied now.</summary>
    public static async Task CompareAsync(DeploymentEnvironment environment, DatabaseAddress database, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            LedgerSession session = await LedgerSession.OpenAsync(database, cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                Finding found = await SchemaProbe.CheckAsync(environment, session.Connection, cancellationToken).ConfigureAwait(false);
                if (found.Status != HealthStatus.Healthy)
                {
                    sink.Publish(new Caution($"The down scripts did not bring back the schema from before. {found.Message}"));
                }
            }
        }
        catch (Exception e) when (e is DeployException or NpgsqlException)
        {
            sink.Publish(new Caution($"Whether the down scripts brought back the schema from before is not known: {e.Message}"));
        }
    }
}
