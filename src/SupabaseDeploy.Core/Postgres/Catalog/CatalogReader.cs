using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>Reads a database's schema: one round trip, one statement, one snapshot.</summary>
public static class CatalogReader
{
    private const string Folder = "Postgres/Catalog/Sql/";
    private const string PermissionDenied = "42501";

    // Kept as a setting of the transaction, because the caller may be in the middle of one of its own.
    private const string EmptySearchPath =
        """
        select set_config('supabase_deploy.search_path', current_setting('search_path'), true), set_config('supabase_deploy.jit', current_setting('jit'), true),
               set_config('search_path', '', true), set_config('jit', 'off', true)
        """;

    private const string FormerSearchPath =
        """
        select set_config('search_path', current_setting('supabase_deploy.search_path'), true), set_config('jit', current_setting('supabase_deploy.jit'), true)
        """;

    /// <summary>The one statement that reads everything.</summary>
    internal static string Statement { get; } = Compose();

    /// <summary>Names the text of the reader itself: catalogs are comparable when the same reader wrote them.</summary>
    public static string Revision { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Statement)))[..16];

    /// <summary>
    /// Reads everything of the database that belongs to its user: not what belongs to PostgreSQL, to an extension, to the Supabase platform
    /// or to this product. What users made on the platform's objects is read (a trigger on <c>auth.users</c>, a policy on
    /// <c>storage.objects</c>). Works inside a transaction of the caller's and outside one; leaves its settings as they were.
    /// </summary>
    /// <param name="connection">An open connection, of any role, to PostgreSQL 15 or newer.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.CatalogUnreadable"/>: the role may not read a part of the catalog, which is then not guessed.
    /// </exception>
    public static async Task<DatabaseCatalog> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection) { BatchCommands = { new(EmptySearchPath), new(Statement), new(FormerSearchPath) } };
        await using (batch.ConfigureAwait(false))
        {
            try
            {
                NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                    List<CatalogObject> objects = [];
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        objects.Add(Read(reader));
                    }

                    // An error of what follows must be heard.
                    await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                    return new DatabaseCatalog(objects, connection.PostgreSqlVersion.Major);
                }
            }
            catch (PostgresException e) when (e.SqlState == PermissionDenied)
            {
                throw new DeployException(
                    ErrorTable.CatalogUnreadable,
                    $"The schema of database '{connection.Database}' cannot be read as '{connection.UserName}': {e.MessageText}",
                    "Sign in as the role that migrates the database, or grant this one what is missing.",
                    connection.Database,
                    e);
            }
        }
    }

    private static CatalogObject Read(NpgsqlDataReader row)
    {
        CatalogKind kind = Enum.Parse<CatalogKind>(row.GetString(0));
        string name = row.GetString(2);
        CatalogKey[] parents = row.IsDBNull(4) ? [] : [.. row.GetFieldValue<string[]>(4).Chunk(3).Select(part => new CatalogKey(Enum.Parse<CatalogKind>(part[0]), part[1], part[2]))];
        if (kind is CatalogKind.Owner or CatalogKind.Comment or CatalogKind.Privilege)
        {
            name = $"{CatalogObject.Word(parents[0].Kind)} {name}";
        }

        return new CatalogObject(kind, row.GetString(1), row.IsDBNull(5) ? name : $"{name} to {row.GetString(5)}", row.GetString(3)) { Parents = parents };
    }

    // Of the same text everywhere, whatever line endings this file was compiled with.
    private static string Compose()
    {
        string[] parts = [.. EmbeddedText.In(Folder).Select(EmbeddedText.Read)];
        return $"""
            {parts[0]}
            thing (classid, objid, subid, kind, schema, name, definition, owner, acl, acl_code, parents) as materialized (
            {string.Join("\nunion all\n", parts[1..^1])}
            )
            {parts[^1]}
            """.ReplaceLineEndings("\n");
    }
}
