using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>Reads a database's definition from the catalog, and writes it for another database. The statements are pure and tested whole.</summary>
internal static class DatabaseDefinitionSql
{
    // These hold lists of names: as one literal they would become a list of one strange name.
    private static readonly string[] s_listSettings =
        ["local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories"];

    /// <summary>Reads the definition of the database <paramref name="name"/> from any database of its server.</summary>
    public static async Task<DatabaseDefinition> ReadAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        var catalog = new DatabaseContents(connection);
        string literal = DatabaseContents.Literal(name);
        // Columns of the ICU locale were renamed between versions: the row as JSON has whichever there is.
        IReadOnlyList<DatabaseDefinition> found = await catalog.ReadAsync(
            $"""
            select pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
                   case when to_jsonb(d) ->> 'datlocprovider' = 'i' then coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') end,
                   to_jsonb(d) ->> 'daticurules', case when to_jsonb(d) ->> 'datlocprovider' = 'b' then to_jsonb(d) ->> 'datlocale' end,
                   coalesce(to_jsonb(d) ->> 'datlocprovider' = 'c', false),
                   pg_get_userbyid(d.datdba), d.datconnlimit, shobj_description(d.oid, 'pg_database'), d.datacl is null
            from pg_catalog.pg_database d where d.datname = {literal}
            """,
            row => new DatabaseDefinition
            {
                Encoding = row.GetString(0),
                Collation = row.GetString(1),
                CharacterType = row.GetString(2),
                IcuLocale = row.IsDBNull(3) ? null : row.GetString(3),
                IcuRules = row.IsDBNull(4) ? null : row.GetString(4),
                BuiltinLocale = row.IsDBNull(5) ? null : row.GetString(5),
                IsLibc = row.GetBoolean(6),
                Owner = row.GetString(7),
                ConnectionLimit = row.GetInt32(8),
                Comment = row.IsDBNull(9) ? null : row.GetString(9),
                Grants = row.GetBoolean(10) ? null : [],
                Settings = [],
            },
            cancellationToken).ConfigureAwait(false);
        DatabaseDefinition definition = found.Single();
        return definition with
        {
            Grants = definition.Grants is null ? null : await ReadGrantsAsync(catalog, literal, cancellationToken).ConfigureAwait(false),
            Settings = await ReadSettingsAsync(catalog, literal, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>The statement that creates an empty database of that kind.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="definition">What it is to be like.</param>
    public static string Create(string name, DatabaseDefinition definition)
    {
        string sql = $"create database {Queries.Quote(name)} template template0"
            + $" encoding {DatabaseContents.Literal(definition.Encoding)}"
            + $" lc_collate {DatabaseContents.Literal(definition.Collation)} lc_ctype {DatabaseContents.Literal(definition.CharacterType)}";
        return definition switch
        {
            { BuiltinLocale: { } builtin } => $"{sql} locale_provider builtin builtin_locale {DatabaseContents.Literal(builtin)}",
            { IcuLocale: { } icu, IcuRules: { } rules } => $"{sql} locale_provider icu icu_locale {DatabaseContents.Literal(icu)} icu_rules {DatabaseContents.Literal(rules)}",
            { IcuLocale: { } icu } => $"{sql} locale_provider icu icu_locale {DatabaseContents.Literal(icu)}",
            { IsLibc: true } => $"{sql} locale_provider libc",
            _ => sql,
        };
    }

    /// <summary>The statements that give the database its owner, privileges, limit, comment and settings.</summary>
    public static IReadOnlyList<string> Configure(string name, DatabaseDefinition definition)
    {
        string database = Queries.Quote(name);
        List<string> statements = [$"alter database {database} owner to {Queries.Quote(definition.Owner)}"];
        if (definition.Grants is not null)
        {
            statements.Add($"revoke all on database {database} from public, {Queries.Quote(definition.Owner)}");
            statements.AddRange(definition.Grants.Select(grant =>
                $"grant {grant.Privilege} on database {database} to {(grant.Role is null ? "public" : Queries.Quote(grant.Role))}{(grant.IsGrantable ? " with grant option" : "")}"));
        }

        if (definition.ConnectionLimit >= 0)
        {
            statements.Add($"alter database {database} connection limit {definition.ConnectionLimit}");
        }

        if (definition.Comment is not null)
        {
            statements.Add($"comment on database {database} is {DatabaseContents.Literal(definition.Comment)}");
        }

        statements.AddRange(definition.Settings.Select(setting =>
            (setting.Role is null ? $"alter database {database}" : $"alter role {Queries.Quote(setting.Role)} in database {database}")
            + $" set {ParameterName(setting.Name)} to {Value(setting)}"));
        return statements;
    }

    private static Task<IReadOnlyList<DatabaseGrant>> ReadGrantsAsync(DatabaseContents catalog, string database, CancellationToken cancellationToken) =>
        catalog.ReadAsync(
            $"""
            select distinct case a.grantee when 0 then null else pg_get_userbyid(a.grantee) end, a.privilege_type, a.is_grantable
            from pg_catalog.pg_database d cross join aclexplode(d.datacl) a
            where d.datname = {database} order by 1, 2
            """,
            row => new DatabaseGrant(row.IsDBNull(0) ? null : row.GetString(0), row.GetString(1), row.GetBoolean(2)),
            cancellationToken);

    private static Task<IReadOnlyList<DatabaseSetting>> ReadSettingsAsync(DatabaseContents catalog, string database, CancellationToken cancellationToken) =>
        catalog.ReadAsync(
            $"""
            select r.rolname, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
            from pg_catalog.pg_db_role_setting s
            join pg_catalog.pg_database d on d.oid = s.setdatabase
            left join pg_catalog.pg_roles r on r.oid = s.setrole
            cross join unnest(s.setconfig) c
            where d.datname = {database} order by 1 nulls first, 2
            """,
            row => new DatabaseSetting(row.IsDBNull(0) ? null : row.GetString(0), row.GetString(1), row.GetString(2)),
            cancellationToken);

    // app.settings.jwt_secret: each part of a custom parameter's name is an identifier of its own.
    private static string ParameterName(string name) => string.Join('.', name.Split('.').Select(Queries.Quote));

    private static string Value(DatabaseSetting setting) =>
        s_listSettings.Contains(setting.Name, StringComparer.OrdinalIgnoreCase)
            ? string.Join(", ", Elements(setting.Value).Select(DatabaseContents.Literal))
            : DatabaseContents.Literal(setting.Value);

    private static IReadOnlyList<string> Elements(string list)
    {
        List<string> elements = [];
        string current = "";
        bool quoted = false;
        foreach (char character in list)
        {
            if (character == '"')
            {
                quoted = !quoted;
            }
            else if (character == ',' && !quoted)
            {
                elements.Add(current);
                current = "";
            }
            else if (quoted || !char.IsWhiteSpace(character))
            {
                current += character;
            }
        }

        return [.. elements, current];
    }
}
