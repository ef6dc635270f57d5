using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets;

/// <summary>A bare PostgreSQL database given by its URL. It has no web root.</summary>
internal sealed class DatabaseTarget(DeploymentEnvironment environment) : IDeploymentTarget
{
    private readonly DatabaseAddress _database = environment.Database ?? throw new ArgumentException("A bare database has an address.", nameof(environment));

    public DeploymentEnvironment Environment => environment;

    public string Host => $"{_database.Host}:{_database.Port}";

    public Task<DatabaseAddress> GetDatabaseAsync(CancellationToken cancellationToken) => Task.FromResult(_database);

    /// <summary>The role of the URL, when it may create and rename databases: it owns this one and has CREATEDB, or is a superuser.</summary>
    public async Task<DatabaseAddress?> GetAdministrationAsync(CancellationToken cancellationToken)
    {
        const string MayAdminister = """
            select r.rolsuper or (r.rolcreatedb and pg_has_role(current_user, d.datdba, 'USAGE'))
            from pg_roles r, pg_database d
            where r.rolname = current_user and d.datname = current_database()
            """;
        NpgsqlConnection connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(MayAdminister, connection);
            await using (command.ConfigureAwait(false))
            {
                return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true ? _database : null;
            }
        }
    }

    public Task<Uri?> GetWebUrlAsync(CancellationToken cancellationToken) => Task.FromResult<Uri?>(null);

    public Task<string?> GetServedReleaseAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task PublishWebAsync(Release release, IProgressSink sink, CancellationToken cancellationToken) =>
        release.Web is null ? Task.CompletedTask : throw new DeployException(
            ErrorTable.TargetNotSupported,
            $"Release '{release}' has a web bundle, and '{Environment}' is a bare database without a web root.",
            "Publish to an environment of env/pipeline.yml, or only apply the migrations with Invoke-Migration.",
            release.Id);

    public Task WithdrawWebAsync(IProgressSink sink, CancellationToken cancellationToken) => Task.CompletedTask;
}
