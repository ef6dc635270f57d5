using Npgsql;

namespace SupabaseDeploy.Postgres;

/// <summary>The shims that a database has extensions of.</summary>
public static class ShimsInUse
{
    /// <summary>Reads them, in the order of their names; none on a server that is not ours.</summary>
    /// <param name="connection">An open connection of any role.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<ShimExtension>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // A migration may comment on its extension; the control file stays as it is.
        const string Query =
            $"""
            select extname::text from pg_catalog.pg_extension
            join pg_catalog.pg_available_extensions on name = extname
            where comment like '{ShimExtension.Mark}%' and pg_catalog.current_setting('supabase_deploy.shims', true) is not null
            order by extname
            """;
        var names = new List<string>();
        var command = new NpgsqlCommand(Query, connection);
        await using (command.ConfigureAwait(false))
        {
            NpgsqlDataReader rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    names.Add(rows.GetString(0));
                }
            }
        }

        return [.. names.Join(ShimExtensions.All, name => name, shim => shim.Name, (_, shim) => shim)];
    }
}
