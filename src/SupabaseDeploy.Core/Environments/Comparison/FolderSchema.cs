using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;

namespace SupabaseDeploy.Environments;

/// <summary>The schema that a folder of migrations makes of an empty project.</summary>
/// <param name="Folder">The folder, absolute.</param>
/// <param name="Options">How the server is run that it is made on; null for the usual way.</param>
public sealed record FolderSchema(string Folder, ClusterOptions? Options = null) : SchemaSource(Folder)
{
    /// <inheritdoc/>
    /// <exception cref="DeployException"><see cref="ErrorTable.NothingToCompare"/>: the folder has no migrations.</exception>
    public override async Task<DatabaseCatalog> ReadAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<MigrationFile> files = MigrationFolder.Read(Folder, sink);
        if (files.Count == 0)
        {
            throw new DeployException(
                ErrorTable.NothingToCompare,
                $"Folder '{Folder}' has no migrations, so it makes no schema to compare with.",
                "Give the folder of files like '20261101090000_tenancy.sql', or the project folder above it.",
                Folder);
        }

        ShadowDatabase shadow = await new ShadowDatabases(Options).OpenAsync(files, sink, cancellationToken).ConfigureAwait(false);
        await using (shadow.ConfigureAwait(false))
        {
            return await ReadAsync(shadow.Application, cancellationToken).ConfigureAwait(false);
        }
    }
}
