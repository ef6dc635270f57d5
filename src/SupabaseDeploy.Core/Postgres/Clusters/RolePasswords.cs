using Npgsql;

namespace SupabaseDeploy.Postgres;

/// <summary>Gives roles their passwords, of which only verifiers go to the server.</summary>
internal static class RolePasswords
{
    // pg_stat_statements keeps such statements as they are, for everybody who may read statistics. Without it the setting means nothing.
    private const string Unrecorded = "set pg_stat_statements.track = 'none'";

    /// <summary>Sets the password of some roles, in a session of a superuser's in which no statement is recorded from then on.</summary>
    /// <param name="connection">The session.</param>
    /// <param name="roles">Names that need no quotes.</param>
    /// <param name="password">Their password.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task SetAsync(NpgsqlConnection connection, IReadOnlyList<string> roles, string password, CancellationToken cancellationToken)
    {
        string verifier = ScramVerifier.Create(password);
        await connection.ExecuteAsync(Unrecorded, cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(
            string.Join(";\n", roles.Select(role => $"alter role {role} password '{verifier}'")), cancellationToken).ConfigureAwait(false);
    }
}
