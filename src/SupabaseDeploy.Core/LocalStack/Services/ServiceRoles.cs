using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>The roles that services sign in to the database with, all with the stack's service password.</summary>
internal static class ServiceRoles
{
    private static readonly string[] s_roles =
        ["authenticator", "supabase_auth_admin", "supabase_functions_admin", "supabase_replication_admin", "supabase_storage_admin"];

    /// <summary>Gives the roles that have another password this one. Only verifiers go to the server.</summary>
    public static async Task EnsurePasswordAsync(DatabaseAddress administration, Secret password, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            IReadOnlyList<string> others = await WithOtherPasswordAsync(connection, password, cancellationToken).ConfigureAwait(false);
            if (others.Count > 0)
            {
                await RolePasswords.SetAsync(connection, others, password.Reveal(), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<IReadOnlyList<string>> WithOtherPasswordAsync(NpgsqlConnection connection, Secret password, CancellationToken cancellationToken)
    {
        using var query = new NpgsqlCommand("select rolname::text, rolpassword from pg_authid where rolname = any($1)", connection);
        query.Parameters.Add(new NpgsqlParameter { Value = s_roles });
        NpgsqlDataReader row = await query.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            var others = new List<string>();
            string? matching = null;
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                // They share one verifier, so that one computation checks them all.
                string? verifier = row.GetValue(1) as string;
                if (verifier is null || (verifier != matching && !ScramVerifier.Matches(verifier, password.Reveal())))
                {
                    others.Add(row.GetString(0));
                }
                else
                {
                    matching = verifier;
                }
            }

            return others;
        }
    }
}
