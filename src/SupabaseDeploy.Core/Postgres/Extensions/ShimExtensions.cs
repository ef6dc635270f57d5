using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Postgres;

/// <summary>The extensions of the platform that we provide on local servers that lack them, and those that local servers let <c>postgres</c> create.</summary>
public static class ShimExtensions
{
    /// <summary>The SQLSTATE of the warning that a shim gives when it is created; a class of warnings (01) that PostgreSQL does not use.</summary>
    public const string WarningState = "01SDX";

    private const string Folder = "Postgres/Extensions/Shims/";
    private const string Loaded = "it needs a library that the server loads";

    /// <summary>Every shim, by the name of its extension.</summary>
    public static IReadOnlyList<ShimExtension> All { get; } =
    [
        new("http", ShimKind.Refusing, "types and functions are there, requests are refused, not sent") { Version = "1.6", OtherVersions = ["1.3", "1.4", "1.5", "1.7"] },
        new("index_advisor", ShimKind.Refusing, "it gives no advice and says so") { Version = "0.2.0", OtherVersions = ["0.1.0", "0.1.1"], IsRelocatable = true },
        new("moddatetime", ShimKind.Working, "the trigger function in PL/pgSQL") { IsRelocatable = true },
        new("pg_cron", ShimKind.Recording, "jobs are recorded in cron.job, not run") { Version = "1.6.4", OtherVersions = ["1.3", "1.4", "1.4-1", "1.5", "1.5.2", "1.6", "1.6.2"] },
        new("pg_graphql", ShimKind.Refusing, "queries are answered with an error")
        {
            Version = "1.5.11", OtherVersions = ["1.1.0", "1.2.0", "1.2.2", "1.2.3", "1.3.0", "1.4.0", "1.4.1", "1.4.2", "1.4.4", "1.5.0", "1.5.1", "1.5.4", "1.5.6", "1.5.7", "1.5.9"], Schema = "graphql",
        },
        new("pg_hashids", ShimKind.Working, "the same texts, made in PL/pgSQL") { Version = "1.3", OtherVersions = ["1.2.1"] },
        new("pg_jsonschema", ShimKind.Working, "validation in PL/pgSQL; keywords it does not know are refused by name") { Version = "0.3.3", OtherVersions = ["0.1.4", "0.2.0", "0.3.0", "0.3.1", "0.3.2"] },
        new("pg_net", ShimKind.Recording, "requests are recorded in net.http_request_queue, not sent")
        {
            Version = "0.14.0",
            OtherVersions = ["0.2", "0.3", "0.4", "0.5", "0.5.1", "0.6", "0.7", "0.7.1", "0.7.3", "0.8.0", "0.9.2", "0.9.3", "0.10.0", "0.11.0", "0.12.0", "0.13.0", "0.19.3", "0.19.5", "0.19.7", "0.20.0"],
        },
        new("pg_tle", ShimKind.Recording, "extensions that are installed with it are recorded and cannot be created") { Version = "1.4.0", OtherVersions = ["1.0.1", "1.0.3", "1.0.4", "1.1.1", "1.2.0", "1.3.0", "1.3.2"], Schema = "pgtle" },
        new("pgjwt", ShimKind.Working, "the same tokens, made with pgcrypto") { Version = "0.2.0", OtherVersions = ["0.1.1"], Requires = ["pgcrypto"] },
        new("pgmq", ShimKind.Working, "queues as tables; no partitioned ones") { Version = "1.5.1", OtherVersions = ["1.1.0", "1.1.1", "1.2.0", "1.2.1", "1.3.3", "1.4.0", "1.4.2", "1.4.4", "1.4.5", "1.5.0"], Schema = "pgmq" },
        new("pgsodium", ShimKind.Working, "keys and deterministic encryption with pgcrypto; no encrypted columns by security label")
        {
            Version = "3.1.9", OtherVersions = ["3.0.4", "3.0.7", "3.1.0", "3.1.1", "3.1.5", "3.1.6", "3.1.7", "3.1.8"], Schema = "pgsodium", Requires = ["pgcrypto"],
        },
        new("supabase_vault", ShimKind.Working, "secrets are encrypted with a key that lies in the same database") { Version = "0.3.1", OtherVersions = ["0.2.0", "0.2.8", "0.3.0"], Schema = "vault", Requires = ["pgcrypto"] },
        new("timescaledb", ShimKind.Recording, "hypertables and their policies are recorded; they stay plain tables") { Version = "2.16.1", OtherVersions = ["2.9.1"] },
        new("vector", ShimKind.Working, "exact distances in SQL; hnsw and ivfflat indexes are made and not used")
        {
            Version = "0.8.0", OtherVersions = ["0.4.0", "0.4.1", "0.4.2", "0.4.4", "0.5.0", "0.5.1", "0.6.0", "0.6.2", "0.7.0", "0.7.2", "0.7.4"], IsRelocatable = true,
        },
        // Ten thousand lines of SQL that packages of the system bring, for every server alike.
        new("pgtap", ShimKind.Skipped, "it is not installed, and tests that use it fail; Debian and Ubuntu have it as postgresql-<major>-pgtap"),
        .. Skipped("address_standardizer", "address_standardizer_data_us", "hypopg", "orioledb", "pg_partman", "pg_repack", "pg_stat_monitor", "pg_stat_statements", "pgaudit", "pgroonga"),
        .. Skipped("pgroonga_database", "pgrouting", "plcoffee", "pljava", "plls", "plpgsql_check", "plv8", "postgis", "postgis_raster", "postgis_sfcgal", "postgis_tiger_geocoder"),
        .. Skipped("postgis_topology", "rum", "supautils", "wrappers"),
    ];

    /// <summary>
    /// Installed extensions that only a superuser may create and that the platform lets <c>postgres</c> create: the list of
    /// <c>supautils.privileged_extensions</c> in the configuration of supabase/postgres.
    /// </summary>
    public static IReadOnlySet<string> Trusted { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "address_standardizer", "address_standardizer_data_us", "autoinc", "bloom", "btree_gin", "btree_gist", "citext", "cube", "dblink", "dict_int",
        "dict_xsyn", "earthdistance", "fuzzystrmatch", "hstore", "http", "hypopg", "index_advisor", "insert_username", "intarray", "isn", "ltree",
        "moddatetime", "orioledb", "pg_buffercache", "pg_cron", "pg_graphql", "pg_hashids", "pg_jsonschema", "pg_net", "pg_partman", "pg_prewarm", "pg_repack",
        "pg_stat_monitor", "pg_stat_statements", "pg_tle", "pg_trgm", "pg_walinspect", "pgaudit", "pgcrypto", "pgjwt", "pgmq", "pgroonga",
        "pgroonga_database", "pgrouting", "pgrowlocks", "pgsodium", "pgstattuple", "pgtap", "plcoffee", "pljava", "plls", "plpgsql", "plpgsql_check",
        "plv8", "postgis", "postgis_raster", "postgis_sfcgal", "postgis_tiger_geocoder", "postgis_topology", "postgres_fdw", "refint", "rum", "seg",
        "sslinfo", "supabase_vault", "tablefunc", "tcn", "timescaledb", "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp", "vector", "wrappers",
    };

    /// <summary>
    /// Extensions whose library works only in one database of a server, the one its settings name. Migrations are also tried in databases
    /// beside the application's, so the shim is used although the extension is installed.
    /// </summary>
    internal static IReadOnlySet<string> OfOneDatabase { get; } = new HashSet<string>(StringComparer.Ordinal) { "pg_cron", "pg_net" };

    /// <summary>SHA-256 over all of it, lower-case hexadecimal: names a tree that is made with them.</summary>
    internal static string Hash { get; } = Digest();

    /// <summary>A shim's script as it lies in the tree.</summary>
    internal static string Script(ShimExtension shim) => shim.Script(shim.Kind == ShimKind.Skipped ? "" : EmbeddedText.Read($"{Folder}{shim.Name}.sql"));

    private static IEnumerable<ShimExtension> Skipped(params string[] names) =>
        names.Select(name => new ShimExtension(name, ShimKind.Skipped, $"{Loaded}, and what uses it fails"));

    private static string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ShimExtension shim in All)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{shim.Name}\n{shim.Control}\n{string.Join(' ', shim.OtherVersions)}\n{Script(shim)}\n"));
        }

        hash.AppendData(Encoding.UTF8.GetBytes(string.Join(' ', Trusted)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
