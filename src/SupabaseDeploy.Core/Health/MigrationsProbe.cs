using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Health;

/// <summary>Whether the migrations applied to a database are those it should hold.</summary>
internal sealed class MigrationsProbe(DeploymentEnvironment environment, NpgsqlConnection connection)
{
    /// <summary>The release the database was compared with, once measured.</summary>
    public Release? Release { get; private set; }

    public async Task<Finding> CheckAsync(Release? expected, CancellationToken cancellationToken)
    {
        Release = expected;
        bool hasHistory = await connection.ScalarAsync<bool>("select pg_catalog.to_regclass('supabase_migrations.schema_migrations') is not null", cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> applied = hasHistory
            ? await connection.RowsAsync("select version from supabase_migrations.schema_migrations", row => row.GetString(0), cancellationToken).ConfigureAwait(false)
            : [];
        return Release is null
            ? MigrationsVerdict.AgainstFolder(environment.MigrationsFolder, [], applied)
            : MigrationsVerdict.AgainstRelease(Release, applied);
    }
}
