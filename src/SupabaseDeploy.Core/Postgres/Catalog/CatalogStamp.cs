using Npgsql;

namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>
/// A digest of which transaction wrote each row of the catalogs that <see cref="CatalogReader"/> reads, and where the row is: whatever is made, changed
/// or dropped writes, moves or removes a row (<see href="https://www.postgresql.org/docs/current/ddl-system-columns.html"/>). Equal stamps of one
/// database mean that its schema is the same; different ones mean nothing, because a <c>truncate</c> or a <c>reindex</c> writes there too. It takes a
/// small part of the time that reading the schema takes.
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
        select md5(string_agg(format('%s %s %s', name, count, digest), E'\n' order by name)) from (
        {string.Join("\nunion all\n", s_catalogs.Select(Of))}
        union all
        select 'roles', count(*), bit_xor(hashtextextended(format('%s %s', oid, rolname), 0)) from pg_catalog.pg_roles
        ) catalogs (name, count, digest)
        """;

    /// <summary>The catalogs that are looked at.</summary>
    internal static IEnumerable<string> Catalogs => s_catalogs.Select(each => each.Catalog);

    /// <summary>Reads it, in one round trip.</summary>
    public static Task<string> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ScalarAsync<string>(s_statement, cancellationToken);

    private static string Of((string Catalog, string? Owner) each) =>
        $"select '{each.Catalog}', count(*), bit_xor(hashtextextended(xmin::text || ctid::text, 0)) from pg_catalog.{each.Catalog}"
        + (each.Owner is null ? "" : $" where {each.Owner} >= {FirstOfUsers}");
}
