using Npgsql;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>The first connection to a server that was started or adopted.</summary>
internal static class ClusterSession
{
    /// <summary>Signs in as the superuser.</summary>
    /// <param name="administration">The database.</param>
    /// <param name="passwordFile">Where the password is from, for the message when it is wrong.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterDamaged"/>.</exception>
    public static async Task<NpgsqlConnection> SignInAsync(DatabaseAddress administration, string passwordFile, CancellationToken cancellationToken)
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
