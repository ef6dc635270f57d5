using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>A stack as it is now.</summary>
internal static class StackObservation
{
    /// <summary>Asks the engine, and a running database for its shims.</summary>
    public static async Task<LocalStackInfo> ReadAsync(
        ILocalStackEngine engine, EngineChoice choice, DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        EngineObservation seen = await engine.ObserveAsync(cancellationToken).ConfigureAwait(false);
        bool hasDatabase = seen.Services.Any(service => service.Name == DatabaseService.ServiceName && service.IsRunning);
        return new LocalStackInfo
        {
            Environment = environment,
            Engine = choice.Engine,
            EngineReason = choice.Reason,
            State = seen.State,
            Services = seen.Services,
            Database = seen.Database,
            Url = seen.Url,
            Keys = seen.Keys,
            Shims = hasDatabase && seen.Database is { } database ? await ReadShimsAsync(database, cancellationToken).ConfigureAwait(false) : [],
        };
    }

    private static async Task<IReadOnlyList<ShimExtension>> ReadShimsAsync(DatabaseAddress database, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await ShimsInUse.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (DeployException e) when (e.Code == ErrorTable.DatabaseUnreachable || e.Code == ErrorTable.DatabaseAuthenticationFailed)
        {
            // A server that starts, stops or has other passwords: that is for the commands to say that need it.
            return [];
        }
    }
}
