using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>The first connection to a server that was started or adopted.</summary>
internal static class ClusterSession
{
    /// <summary>
    /// Signs in as the superuser, and applies the bootstrap when it is newer than the data. A server that was started before there were
    /// extensions of ours keeps what it has until its next start.
    /// </summary>
    /// <returns>Whether the bootstrap was applied.</returns>
    /// <param name="administration">The database.</param>
    /// <param name="passwordFile">Where the password is from, for the message when it is wrong.</param>
    /// <param name="isBehind">Whether the data was made with another bootstrap.</param>
    /// <param name="sink">Is told about the bootstrap.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<bool> OpenAsync(
        DatabaseAddress administration, string passwordFile, bool isBehind, IProgressSink sink, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await SignInAsync(administration, passwordFile, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            if (isBehind && await PlatformStatements.AreTakenByAsync(connection, cancellationToken).ConfigureAwait(false))
            {
                sink.Publish(new Detail($"Bringing the roles and schemas of '{administration}' up to date."));
                await Bootstrap.ApplyAsync(connection, cancellationToken).ConfigureAwait(false);
                return true;
            }
        }

        return false;
    }

    private static async Task<NpgsqlConnection> SignInAsync(DatabaseAddress administration, string passwordFile, CancellationToken cancellationToken)
    {
        try
        {
            return await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code == ErrorTable.DatabaseAuthenticationFailed)
        {
            throw new DeployException(
                ErrorTable.ClusterDamaged,
                $"The server runs, but refuses the password of '{administration.User}' in '{passwordFile}': it was changed in the server or in the file.",
                "Stop the environment, delete that file and start the environment again: it gets new passwords and keeps its data.",
                administration,
                e);
        }
    }
}
