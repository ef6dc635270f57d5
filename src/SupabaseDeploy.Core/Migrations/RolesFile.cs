using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// <c>supabase/roles.sql</c>: the roles that a project's migrations expect of a server. Run on request, before the migrations, in one
/// transaction; never recorded, so that it runs each time it is asked for.
/// </summary>
internal static class RolesFile
{
    private const string Name = "supabase/roles.sql";

    /// <summary>Reads and judges the file; null, with a warning, when the project has none.</summary>
    public static async Task<SqlScript?> ReadAsync(ProjectFolder project, IProgressSink sink, CancellationToken cancellationToken)
    {
        string path = Path.Combine(project.Root, Name);
        if (File.Exists(path))
        {
            return await SqlScript.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        }

        sink.Publish(new Caution($"There are no roles to include: '{path}' does not exist."));
        return null;
    }

    /// <summary>Runs it; gives its name.</summary>
    public static async Task<string> ApplyAsync(
        NpgsqlConnection connection, ScriptSession session, SqlScript roles, IProgressSink sink, CancellationToken cancellationToken)
    {
        sink.Publish(new Detail($"Running '{Name}'."));
        await session.ResetAsync(cancellationToken).ConfigureAwait(false);
        // Sent as one batch without BEGIN, it is one transaction to the server.
        var batch = new PendingBatch(connection, roles, "Nothing of this file was kept.");
        foreach (Postgres.SqlStatement statement in roles.Statements)
        {
            batch.Add(statement);
        }

        await batch.SendAsync(cancellationToken).ConfigureAwait(false);
        return Name;
    }
}
