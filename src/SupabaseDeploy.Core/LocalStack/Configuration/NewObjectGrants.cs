using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Whether the roles of the API may use new objects in <c>public</c>: <c>api.auto_expose_new_tables</c>
/// (<see href="https://supabase.com/docs/guides/local-development/cli/config"/>). A local project's do unless it says false.
/// </summary>
internal static class NewObjectGrants
{
    private const string IsGranted = """
        select exists (
            select from pg_default_acl d cross join aclexplode(d.defaclacl) a
            where d.defaclrole = 'postgres'::regrole and d.defaclnamespace = 'public'::regnamespace and a.grantee = 'anon'::regrole)
        """;

    /// <summary>What a project says.</summary>
    public static bool AreWanted(SupabaseConfiguration configuration) => configuration.Flag("api.auto_expose_new_tables") != false;

    /// <summary>Makes the database's default privileges so, if they are not yet. What exists keeps its privileges.</summary>
    public static async Task EnsureAsync(DatabaseAddress administration, bool areGranted, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            using var look = new NpgsqlCommand(IsGranted, connection);
            if (await look.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not bool granted || granted == areGranted)
            {
                return;
            }

            await Bootstrap.ApplyDefaultPrivilegesAsync(connection, areGranted, cancellationToken).ConfigureAwait(false);
        }
    }
}
