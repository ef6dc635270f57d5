using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>The database that a restore replaced. Nobody may connect to it, so that nothing can change in it any more.</summary>
/// <param name="maintenance">The maintenance database as the role that switched.</param>
/// <param name="name">The replaced database.</param>
internal sealed class ReplacedDatabase(DatabaseAddress maintenance, string name)
{
    /// <summary>Every table with its rows, as everybody left it. It is open to connections only for the moment in which ours is made.</summary>
    public async Task<IReadOnlyList<TableRows>> CountRowsAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection connection;
        await AllowAsync(true, cancellationToken).ConfigureAwait(false);
        try
        {
            connection = await (maintenance with { Database = name }).OpenAsync(cancellationToken, "supabase-deploy loss").ConfigureAwait(false);
        }
        finally
        {
            await AllowAsync(false, CancellationToken.None).ConfigureAwait(false);
        }

        await using (connection.ConfigureAwait(false))
        {
            return await MeasuredLoss.CountAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AllowAsync(bool isAllowed, CancellationToken cancellationToken)
    {
        NpgsqlConnection session = await maintenance.OpenAsync(cancellationToken, "supabase-deploy loss").ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await new DatabaseContents(session).ExecuteAsync(
                $"alter database {Queries.Quote(name)} allow_connections {(isAllowed ? "true" : "false")}", cancellationToken).ConfigureAwait(false);
        }
    }
}
