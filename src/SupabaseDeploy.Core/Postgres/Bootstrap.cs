using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>One file of SQL that makes a plain PostgreSQL look like a Supabase project.</summary>
/// <param name="Name">The file's name: <c>010_roles.sql</c>. The order of scripts is the ordinal order of this text.</param>
/// <param name="Sql">Its text.</param>
public sealed record BootstrapScript(string Name, string Sql);

/// <summary>
/// The roles, schemas, tables and functions that migrations of a Supabase project expect, for PostgreSQL 15 and newer.
/// Idempotent: running it again changes nothing. What is simplified is said in the files and in <c>docs/bootstrap.md</c>.
/// </summary>
public static class Bootstrap
{
    private const string Folder = "Postgres/Bootstrap/";
    private const string PrivilegesScript = "070_default_privileges.sql";
    private const string DatabaseScript = "080_database.sql";
    private const string WebhooksScript = "062_webhooks.sql";

    /// <summary>The scripts, in the order they are applied.</summary>
    public static IReadOnlyList<BootstrapScript> Scripts { get; } =
        [.. EmbeddedText.In(Folder).Select(path => new BootstrapScript(path[Folder.Length..], EmbeddedText.Read(path)))];

    /// <summary>SHA-256 over the names and contents of <see cref="Scripts"/>, lower-case hexadecimal: names a template made with them.</summary>
    public static string Hash { get; } = Digest(Scripts);

    /// <summary>Applies every script in one transaction.</summary>
    /// <param name="superuser">An open connection of the superuser <c>supabase_admin</c> to the database to prepare.</param>
    /// <param name="cancellationToken">Stops it; nothing is left behind.</param>
    /// <param name="grantNewPublicObjects">
    /// Whether the API roles are granted everything on new objects in <c>public</c>, as Supabase's local stack does.
    /// Projects hosted since 2026-10-30 do not.
    /// </param>
    /// <exception cref="DeployException"><see cref="ErrorTable.BootstrapFailed"/>, naming the script.</exception>
    public static Task ApplyAsync(NpgsqlConnection superuser, CancellationToken cancellationToken, bool grantNewPublicObjects = true) =>
        ApplyAsync(superuser, Scripts, grantNewPublicObjects, cancellationToken);

    /// <summary>
    /// Applies only what belongs to the database as such (owner, search path): needed after a database was made from a template
    /// or from a dump, neither of which carries it.
    /// </summary>
    /// <param name="superuser">An open connection of the superuser <c>supabase_admin</c> to that database.</param>
    /// <param name="cancellationToken">Stops it; nothing is left behind.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.BootstrapFailed"/>.</exception>
    public static Task ApplyDatabaseSettingsAsync(NpgsqlConnection superuser, CancellationToken cancellationToken) =>
        ApplyAsync(superuser, [.. Scripts.Where(script => script.Name == DatabaseScript)], grantNewPublicObjects: true, cancellationToken);

    /// <summary>Applies only database webhooks, which the platform's own image lacks as well. Their schema and its role are there.</summary>
    /// <param name="superuser">An open connection of the superuser <c>supabase_admin</c> to that database.</param>
    /// <param name="cancellationToken">Stops it; nothing is left behind.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.BootstrapFailed"/>.</exception>
    public static Task ApplyWebhooksAsync(NpgsqlConnection superuser, CancellationToken cancellationToken) =>
        ApplyAsync(superuser, [.. Scripts.Where(script => script.Name == WebhooksScript)], grantNewPublicObjects: true, cancellationToken);

    /// <summary>Applies only what the API roles get on new objects in <c>public</c>.</summary>
    /// <param name="superuser">An open connection of the superuser <c>supabase_admin</c>.</param>
    /// <param name="grantNewPublicObjects">Whether they get everything, or nothing.</param>
    /// <param name="cancellationToken">Stops it; nothing is left behind.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.BootstrapFailed"/>.</exception>
    public static Task ApplyDefaultPrivilegesAsync(NpgsqlConnection superuser, bool grantNewPublicObjects, CancellationToken cancellationToken) =>
        ApplyAsync(superuser, [.. Scripts.Where(script => script.Name == PrivilegesScript)], grantNewPublicObjects, cancellationToken);

    private static async Task ApplyAsync(
        NpgsqlConnection superuser, IReadOnlyList<BootstrapScript> scripts, bool grantNewPublicObjects, CancellationToken cancellationToken)
    {
        NpgsqlTransaction transaction = await superuser.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // "already exists, skipping" is what idempotent means, not news.
            string grant = grantNewPublicObjects ? "on" : "off";
            await superuser.ExecuteAsync($"set local client_min_messages = warning; set local supabase_deploy.grant_new_public_objects = '{grant}'", cancellationToken).ConfigureAwait(false);
            foreach (BootstrapScript script in scripts)
            {
                await ApplyAsync(superuser, script, cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task ApplyAsync(NpgsqlConnection superuser, BootstrapScript script, CancellationToken cancellationToken)
    {
        try
        {
            await superuser.ExecuteAsync(script.Sql, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            throw new DeployException(
                ErrorTable.BootstrapFailed,
                $"Cannot prepare database '{superuser.Database}': script '{script.Name}' failed: {e.MessageText}",
                "Run it as the superuser 'supabase_admin' on a cluster that this module made, with PostgreSQL 15 or newer.",
                superuser.Database,
                e);
        }
    }

    private static string Digest(IReadOnlyList<BootstrapScript> scripts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (BootstrapScript script in scripts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{script.Name}\n{script.Sql.Length}\n{script.Sql}"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
