using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Looks at what a reset would apply and what it would lose. Changes nothing.</summary>
internal static class ResetPlanner
{
    public static async Task<ResetPlan> MakeAsync(ResetRequest request, DatabaseAddress administration, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<SeedFile> seeds = request.IncludeSeed ? await SeedFile.FindAsync(request.Environment.Project, sink, cancellationToken).ConfigureAwait(false) : [];
        NpgsqlConnection connection = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return new ResetPlan
            {
                Environment = request.Environment,
                Database = $"{administration.Host}:{administration.Port}/{administration.Database}",
                Migrations = Files(request, sink),
                Seeds = seeds,
                Loses = await connection.RowsAsync(
                    """
                    select quote_ident(t.schemaname) || '.' || quote_ident(t.relname), greatest(t.n_live_tup, c.reltuples::bigint)
                    from pg_stat_user_tables t join pg_class c on c.oid = t.relid
                    where t.schemaname not in ('supabase_migrations', 'supabase_deploy') and greatest(t.n_live_tup, c.reltuples::bigint) > 0
                    order by 2 desc, 1
                    """,
                    row => new LostTable(row.GetString(0), row.GetInt64(1)),
                    cancellationToken).ConfigureAwait(false),
                OtherDatabases = await connection.RowsAsync(
                    "select datname::text from pg_database where not datistemplate and datname not in ('postgres', '_supabase_deploy') order by 1",
                    row => row.GetString(0),
                    cancellationToken).ConfigureAwait(false),
            };
        }
    }

    private static IReadOnlyList<MigrationFile> Files(ResetRequest request, IProgressSink sink)
    {
        if (SupabaseConfiguration.Load(request.Environment.Project).Flag("db.migrations.enabled") == false)
        {
            if (request.To is not null)
            {
                throw new DeployException(
                    ErrorTable.ResetNotPossible,
                    $"Environment '{request.Environment.Name}' cannot be reset to version '{request.To}': 'supabase/config.toml' says db.migrations.enabled = false, so no migration is applied. Nothing was changed.",
                    "Leave '-To' out, or set 'db.migrations.enabled = true'.",
                    request.To);
            }

            sink.Publish(new Notice("No migration is applied: 'supabase/config.toml' says db.migrations.enabled = false."));
            return [];
        }

        IReadOnlyList<MigrationFile> files = MigrationFolder.Read(request.Environment.MigrationsFolder, sink);
        if (request.To is null)
        {
            return files;
        }

        return files.Any(file => file.Version == request.To)
            ? [.. files.TakeWhile(file => string.CompareOrdinal(file.Version, request.To) <= 0)]
            : throw new DeployException(
                ErrorTable.ResetVersionUnknown,
                $"No migration in '{request.Environment.MigrationsFolder}' has the version '{request.To}'. Nothing was changed.",
                "Name the version of a file; Get-Migration lists them.",
                request.To);
    }
}
