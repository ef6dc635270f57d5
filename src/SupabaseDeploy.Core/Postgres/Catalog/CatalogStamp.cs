using System.Data;
using Npgsql;

namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>
/// A digest of which transaction wrote each row of the catalogs that <see cref="CatalogReader"/> reads, and where the row is: whatever is made, changed
/// or dropped writes, moves or removes a row (<see href="https://www.postgresql.org/docs/current/ddl-system-columns.html"/>). Equal stamps of one
/// database mean that its schema is the same; different ones mean nothing, because a <c>truncate</c> or a <c>reindex</c> writes there too. It takes a
/// small part of the time that reading the schema takes. Of roles those count that something of the database names: others come and go, as
/// the platform's temporary logins do. Without md5, which a server in FIPS mode does not compute.
/// </summary>
internal static class CatalogStamp
{
    // Numbers below are of what came with the server, which the reader leaves out; schema public is one of them, and is read.
    private const int FirstOfUsers = 16384;

    private static readonly (string Catalog, string? Owner)[] s_catalogs =
    [
        ("pg_namespace", null),
        ("pg_class", "oid"),
        ("pg_attribute", "attrelid"),
        ("pg_attrdef", "oid"),
        ("pg_constraint", "oid"),
        ("pg_index", "indexrelid"),
        ("pg_inherits", "inhrelid"),
        ("pg_partitioned_table", "partrelid"),
        ("pg_sequence", "seqrelid"),
        ("pg_rewrite", "oid"),
        ("pg_policy", "oid"),
        ("pg_trigger", "oid"),
        ("pg_event_trigger", "oid"),
        ("pg_type", "oid"),
        ("pg_enum", "oid"),
        ("pg_range", "rngtypid"),
        ("pg_proc", "oid"),
        ("pg_aggregate", "aggfnoid"),
        ("pg_operator", "oid"),
        ("pg_opclass", "oid"),
        ("pg_opfamily", "oid"),
        ("pg_amop", "oid"),
        ("pg_amproc", "oid"),
        ("pg_am", "oid"),
        ("pg_cast", "oid"),
        ("pg_collation", "oid"),
        ("pg_statistic_ext", "oid"),
        ("pg_ts_config", "oid"),
        ("pg_ts_config_map", "mapcfg"),
        ("pg_ts_dict", "oid"),
        ("pg_ts_parser", "oid"),
        ("pg_ts_template", "oid"),
        ("pg_extension", null),
        ("pg_foreign_data_wrapper", null),
        ("pg_foreign_server", null),
        ("pg_foreign_table", null),
        ("pg_publication", null),
        ("pg_publication_rel", null),
        ("pg_publication_namespace", null),
        ("pg_default_acl", null),
        ("pg_depend", "objid"),
        ("pg_description", null),
    ];

    private static readonly string s_statement =
        $"""
        select encode(sha256(convert_to(string_agg(format('%s %s %s', name, count, digest), E'\n' order by name), 'UTF8')), 'hex') from (
        {string.Join("\nunion all\n", s_catalogs.Select(Of))}
        union all
        select 'roles', count(*), bit_xor(hashtextextended(format('%s %s', oid, rolname), 0)) from pg_catalog.pg_roles
        where oid < {FirstOfUsers} or oid in (
            select refobjid from pg_catalog.pg_shdepend
            where dbid = (select oid from pg_catalog.pg_database where datname = current_database()) and refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass)
        ) catalogs (name, count, digest)
        """;

    /// <summary>The catalogs that are looked at.</summary>
    internal static IEnumerable<string> Catalogs => s_catalogs.Select(each => each.Catalog);

    /// <summary>
    /// Reads it, in one round trip; null where the server refuses, as when the role may not read one of the catalogs. Call it outside a
    /// transaction, which a refusal would end.
    /// </summary>
    public static async Task<string?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.ScalarAsync<string>(s_statement, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException) when (connection.State == ConnectionState.Open)
        {
            return null;
        }
    }

    private static string Of((string Catalog, string? Owner) each) =>
        $"select '{each.Catalog}', count(*), bit_xor(hashtextextended(xmin::text || ctid::text, 0)) from pg_catalog.{each.Catalog}"
        + (each.Owner is null ? "" : $" where {each.Owner} >= {FirstOfUsers}");
}
