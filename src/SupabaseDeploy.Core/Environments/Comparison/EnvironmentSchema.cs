using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Environments;

/// <summary>The schema of an environment's database, as it is now.</summary>
/// <param name="Environment">The environment.</param>
/// <param name="Targets">Where environments are.</param>
public sealed record EnvironmentSchema(DeploymentEnvironment Environment, IDeploymentTargets Targets) : SchemaSource(NameOf(Environment))
{
    /// <inheritdoc/>
    public override async Task<DatabaseCatalog> ReadAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        DatabaseAddress database = await Targets.ForDatabase(Environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAsync(database, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>The schema as an environment's last deployment left it, which its ledger knows.</summary>
/// <param name="Environment">The environment.</param>
/// <param name="Targets">Where environments are.</param>
public sealed record DeployedSchema(DeploymentEnvironment Environment, IDeploymentTargets Targets) : SchemaSource($"{NameOf(Environment)} as deployed")
{
    /// <inheritdoc/>
    /// <exception cref="DeployException"><see cref="ErrorTable.NoRecordedSchema"/>: nothing is recorded that could be compared.</exception>
    public override async Task<DatabaseCatalog> ReadAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        DatabaseAddress database = await Targets.ForDatabase(Environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy compare").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            RecordedSchema recorded = await RecordedSchema.ReadAsync(connection, cancellationToken).ConfigureAwait(false)
                ?? throw Nothing("no deployment has recorded one");
            string history = await RecordedSchema.DigestHistoryAsync(connection, cancellationToken).ConfigureAwait(false);
            return recorded.WhyNotComparable(connection.PostgreSqlVersion.Major, history) is { } why
                ? throw Nothing(why)
                : await RecordedSchema.ReadCatalogAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }

    private DeployException Nothing(string why) => new(
        ErrorTable.NoRecordedSchema,
        $"Environment '{Environment}' cannot be compared with the schema its last deployment left: {why}.",
        $"Say what to compare it with: 'Compare-Environment {Environment} ./migrations', another environment or a backup; the next publish records the schema.",
        Environment);
}
