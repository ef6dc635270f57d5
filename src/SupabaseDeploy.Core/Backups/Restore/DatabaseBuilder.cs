using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>Makes a new database out of a backup: roles, an empty database of the right kind, content, settings. The same for a drill and for a restore.</summary>
/// <param name="server">Any database of the server, as a role that may create databases and roles.</param>
/// <param name="program">Runs pg_restore.</param>
/// <param name="time">The clock.</param>
internal sealed class DatabaseBuilder(DatabaseAddress server, DumpProgram program, TimeProvider time)
{
    /// <summary>Brings the roles of the backup to the server.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="changesExisting">Whether roles that are there get the backup's attributes and passwords, too.</param>
    /// <param name="cancellationToken">Stops between statements.</param>
    public async Task RestoreRolesAsync(DeploymentBackup backup, bool changesExisting, CancellationToken cancellationToken)
    {
        string script = await File.ReadAllTextAsync(Path.Combine(backup.Path, BackupStore.RolesName), cancellationToken).ConfigureAwait(false);
        NpgsqlConnection connection = await server.OpenAsync(cancellationToken, "supabase-deploy restore").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var catalog = new DatabaseContents(connection);
            IReadOnlyList<string> existing = await catalog.ReadRolesAsync(cancellationToken).ConfigureAwait(false);
            foreach (RoleStatement statement in Choose(RolesScript.Parse(script), existing, server.User, changesExisting))
            {
                try
                {
                    await catalog.ExecuteAsync(statement.Sql, cancellationToken).ConfigureAwait(false);
                }
                catch (PostgresException e)
                {
                    // The statement holds a password hash: only the role is named.
                    throw new DeployException(
                        ErrorTable.RestoreFailed,
                        $"Role '{statement.Role}' of backup '{backup.Id}' cannot be restored: {e.MessageText}.",
                        "Correct what the server reports and try again.",
                        backup);
                }
            }
        }
    }

    /// <summary>Makes the database and fills it.</summary>
    /// <param name="backup">The backup; its files were checked.</param>
    /// <param name="name">The new database's name.</param>
    /// <param name="definition">What it is to be like.</param>
    /// <param name="activity">Name of the whole work.</param>
    /// <param name="cancellationToken">Ends pg_restore.</param>
    public async Task<DatabaseAddress> BuildAsync(
        DeploymentBackup backup, string name, DatabaseDefinition definition, string activity, CancellationToken cancellationToken)
    {
        await ExecuteAsync([DatabaseDefinitionSql.Create(name, definition)], backup, cancellationToken).ConfigureAwait(false);
        DatabaseAddress database = server with { Database = name };
        await program.RunAsync(
            "pg_restore",
            DumpCommands.Restore(database, Path.Combine(backup.Path, BackupStore.DumpName), DumpProgram.Jobs),
            database,
            new TableProgress(activity, "Restoring tables", backup.Tables, time),
            new DumpFailure(ErrorTable.RestoreFailed, $"Backup '{backup.Id}' cannot be restored", "Correct what the program reports, or use another backup.", backup),
            cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(DatabaseDefinitionSql.Configure(name, definition), backup, cancellationToken).ConfigureAwait(false);
        return database;
    }

    /// <summary>The statements to run: never about the role we are, whose password we need, and about roles that are there only when asked.</summary>
    internal static IReadOnlyList<RoleStatement> Choose(
        IReadOnlyList<RoleStatement> statements, IReadOnlyList<string> existing, string ourselves, bool changesExisting) =>
        [.. statements
            .Where(statement => statement.Role != ourselves)
            .Where(statement => !existing.Contains(statement.Role) || (changesExisting && !statement.Creates))];

    private async Task ExecuteAsync(IReadOnlyList<string> statements, DeploymentBackup backup, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await server.OpenAsync(cancellationToken, "supabase-deploy restore").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            try
            {
                foreach (string statement in statements)
                {
                    await new DatabaseContents(connection).ExecuteAsync(statement, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (PostgresException e)
            {
                // Settings may hold secrets: the statement is not shown.
                throw new DeployException(
                    ErrorTable.RestoreFailed,
                    $"The database for backup '{backup.Id}' cannot be set up: {e.MessageText}.",
                    "Correct what the server reports and try again.",
                    backup);
            }
        }
    }
}
