using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;

namespace SupabaseDeploy.Deployments;

/// <summary>What the ledger knows of its database's schema.</summary>
/// <param name="Deployment">Number of the deployment that left it so.</param>
/// <param name="RecordedAt">When, UTC.</param>
/// <param name="Reader">Which reader wrote the texts: <see cref="CatalogReader.Revision"/>.</param>
/// <param name="ServerVersion">The server's major version then.</param>
/// <param name="History">Digest of the versions that were applied.</param>
/// <param name="Fingerprint">The schema's fingerprint.</param>
/// <param name="Stamp">The catalog's <see cref="CatalogStamp"/> then; null where it was recorded without one.</param>
internal sealed record RecordedSchema(int Deployment, DateTimeOffset RecordedAt, string Reader, int ServerVersion, string History, string Fingerprint, string? Stamp)
{
    /// <summary>Reads the record without its objects; null where there is none. Creates nothing.</summary>
    public static async Task<RecordedSchema?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // A ledger that was only read since the module was updated may lack the newer columns, or the table.
        IReadOnlyList<string> columns = await connection.RowsAsync(
            """
            select a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'supabase_deploy' and c.relname = 'recorded_schema' and a.attnum > 0 and not a.attisdropped
            """,
            row => row.GetString(0),
            cancellationToken).ConfigureAwait(false);
        if (columns.Count == 0)
        {
            return null;
        }

        IReadOnlyList<RecordedSchema> rows = await connection.RowsAsync(
            $"""
            select d.number, s.recorded_at, s.reader, s.server_version, s.history, s.fingerprint, {(columns.Contains("stamp") ? "s.stamp" : "null::text")}
            from supabase_deploy.recorded_schema s join supabase_deploy.deployments d on d.id = s.deployment_id
            """,
            row => new RecordedSchema(
                row.GetInt32(0),
                row.GetFieldValue<DateTimeOffset>(1),
                row.GetString(2),
                row.GetInt32(3),
                row.GetString(4),
                row.GetString(5),
                row.IsDBNull(6) ? null : row.GetString(6)),
            cancellationToken).ConfigureAwait(false);
        return rows.SingleOrDefault();
    }

    /// <summary>The recorded objects. Call it only where there is a record that <see cref="WhyNotComparable"/> has nothing against.</summary>
    public static async Task<DatabaseCatalog> ReadCatalogAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        CatalogArchive.Read(await connection.ScalarAsync<byte[]>("select objects from supabase_deploy.recorded_schema", cancellationToken).ConfigureAwait(false));

    /// <summary>True when a deployment ended so that the schema as it is now is the one it was to leave.</summary>
    public static bool IsLeftBy(DeploymentStatus status) => status is DeploymentStatus.Succeeded or DeploymentStatus.RolledBack;

    /// <summary>Reads the schema to record; null when this role may not read it, and then nothing is recorded.</summary>
    public static async Task<NewRecordedSchema?> MeasureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            // The stamp first: what is written to the catalog in between makes it differ from the next one, and the schema is read then.
            string? stamp = await CatalogStamp.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            DatabaseCatalog catalog = await CatalogReader.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            return NewRecordedSchema.Of(catalog, await DigestHistoryAsync(connection, cancellationToken).ConfigureAwait(false)) with { Stamp = stamp };
        }
        catch (DeployException e) when (e.Code == ErrorTable.CatalogUnreadable)
        {
            // A deployment that has succeeded is not a failure for this: the check of health says what is missing.
            return null;
        }
    }

    /// <summary>
    /// As <see cref="MeasureAsync"/>, but null also where what is recorded is of the same migrations: it stays, and reading a large schema takes
    /// longer than most publishes.
    /// </summary>
    public static async Task<NewRecordedSchema?> MeasureNewAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await ReadAsync(connection, cancellationToken).ConfigureAwait(false) is { } recorded
        && recorded.WhyNotComparable(connection.PostgreSqlVersion.Major, await DigestHistoryAsync(connection, cancellationToken).ConfigureAwait(false)) is null
            ? null
            : await MeasureAsync(connection, cancellationToken).ConfigureAwait(false);

    /// <summary>A digest of the versions that are applied now.</summary>
    public static async Task<string> DigestHistoryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<AppliedVersion> history = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', history.Select(row => row.Version).Order(StringComparer.Ordinal)))));
    }

    /// <summary>Why what is there now cannot be held against the record; null when it can.</summary>
    /// <param name="serverVersion">The server's major version now.</param>
    /// <param name="history">Digest of the versions that are applied now.</param>
    public string? WhyNotComparable(int serverVersion, string history) => this switch
    {
        { Reader: var reader } when reader != CatalogReader.Revision => "it was recorded by another version of this module",
        { ServerVersion: var recorded } when recorded != serverVersion => $"it was recorded on PostgreSQL {recorded}, and this is {serverVersion}",
        { History: var recorded } when recorded != history => "migrations were applied or taken back since",
        _ => null,
    };
}

/// <summary>A schema that is to be recorded, as it is written.</summary>
/// <param name="Reader">Which reader wrote the texts: <see cref="CatalogReader.Revision"/>.</param>
/// <param name="ServerVersion">The server's major version.</param>
/// <param name="History">Digest of the versions that are applied.</param>
/// <param name="Fingerprint">The schema's fingerprint.</param>
/// <param name="Objects">The objects, as <see cref="CatalogArchive"/> writes them.</param>
internal sealed record NewRecordedSchema(string Reader, int ServerVersion, string History, string Fingerprint, byte[] Objects)
{
    /// <summary>The <see cref="CatalogStamp"/> of the database it was read from; null for a schema of another, as in a snapshot.</summary>
    [JsonIgnore]
    public string? Stamp { get; init; }

    /// <summary>The record of a catalog that was read just now.</summary>
    public static NewRecordedSchema Of(DatabaseCatalog catalog, string history) =>
        new(CatalogReader.Revision, catalog.ServerVersion, history, catalog.Fingerprint, CatalogArchive.Write(catalog));
}
