using Npgsql;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>Says what down scripts are about to lose in one database, in words.</summary>
internal static class DownScriptLoss
{
    /// <param name="database">The database, which is only read.</param>
    /// <param name="undo">The migrations, in the order in which they are undone.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<string>> MeasureAsync(
        DatabaseAddress database, IReadOnlyList<MigrationToUndo> undo, CancellationToken cancellationToken)
    {
        if (undo.Count == 0)
        {
            return [];
        }

        NpgsqlConnection connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var scripts = new List<SqlScript>();
            foreach (MigrationToUndo each in undo)
            {
                scripts.Add(await SqlScript.ReadAsync(each.DownScript, cancellationToken).ConfigureAwait(false));
            }

            IReadOnlyList<DataLoss> losses = await DataLossMeter.MeasureAsync(connection, scripts, cancellationToken).ConfigureAwait(false);
            return [.. losses.Select(loss => loss.ToString())];
        }
    }
}
