using SupabaseDeploy.Backups;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;

namespace SupabaseDeploy.Environments;

/// <summary>The schema in a backup, which is restored into a throw-away cluster for it.</summary>
/// <param name="Backup">The backup.</param>
public sealed record BackupSchema(DeploymentBackup Backup) : SchemaSource($"backup {Backup.Id}")
{
    /// <inheritdoc/>
    public override async Task<DatabaseCatalog> ReadAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        RestoredBackup restored = await RestoredBackup.OpenAsync(Backup, sink, cancellationToken).ConfigureAwait(false);
        await using (restored.ConfigureAwait(false))
        {
            return await ReadAsync(restored.Database, cancellationToken).ConfigureAwait(false);
        }
    }
}
