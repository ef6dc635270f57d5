using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Who may do what at one moment: privileges, owners, policies, row level security, default privileges and memberships.</summary>
internal sealed class SecurityState(IReadOnlyDictionary<SecurityKey, string> values)
{
    // In the session at work, as what it has not committed is seen by nobody else. Everything is qualified: files set search_path.
    // Conditions are not read as SQL: that would lock every table that they mention, and be seen as locks of the next statement.
    private const string Schemas =
        $"""
        select oid, nspname, nspowner, nspacl from pg_catalog.pg_namespace
        where nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'supabase_migrations', '{RehearsalTriggers.Schema}') and nspname !~ '^pg_(toast_)?temp_'
        """;

    private const string Relations =
        """
        select c.oid, c.relkind, c.relacl, c.relowner, c.relrowsecurity, c.relforcerowsecurity, format('%I.%I', s.nspname, c.relname) as name
        from pg_catalog.pg_class c join schemas s on s.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        """;

    private const string Functions =
        """
        select p.proacl, p.proowner, format('%I.%I(%s)', s.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name
        from pg_catalog.pg_proc p join schemas s on s.oid = p.pronamespace
        """;

    private const string OfRelations =
        """
        select 'privilege', case relkind when 'S' then 'sequence ' else 'table ' end || name,
            coalesce(relacl, acldefault((case relkind when 'S' then 's' else 'r' end)::"char", relowner))::text[]::text from relations
        union all select 'owner', 'table ' || name, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(relowner)) from relations
        union all select 'enabled', name, relrowsecurity::text from relations where relkind in ('r', 'p')
        union all select 'forced', name, relforcerowsecurity::text from relations where relkind in ('r', 'p')
        union all select 'privilege', format('column %s.%I', r.name, a.attname), a.attacl::text[]::text
            from relations r join pg_catalog.pg_attribute a on a.attrelid = r.oid where a.attacl is not null and not a.attisdropped
        union all select 'policy', format('%I on %s', p.polname, r.name),
                format('%s %s %s using (%s) check (%s)', p.polcmd, p.polpermissive, (select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u) end)::text from pg_catalog.unnest(p.polroles) u),
                    p.polqual::text, p.polwithcheck::text)
            from pg_catalog.pg_policy p join relations r on r.oid = p.polrelid
        """;

    private const string OfFunctions =
        """
        select 'privilege', 'function ' || name, coalesce(proacl, acldefault('f', proowner))::text[]::text from functions
        union all select 'owner', 'function ' || name, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(proowner)) from functions
        """;

    private const string OfAll =
        $"""
        with schemas as ({Schemas}), relations as ({Relations}), functions as ({Functions})
        {OfRelations}
        union all {OfFunctions}
        union all select 'privilege', format('schema %I', nspname), coalesce(nspacl, acldefault('n', nspowner))::text[]::text from schemas
        union all select 'owner', format('schema %I', nspname), pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(nspowner)) from schemas
        union all select 'privilege', format('future %s of %s%s',
                case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas' end,
                pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)), case when s.nspname is null then '' else format(' in schema %I', s.nspname) end), d.defaclacl::text[]::text
            from pg_catalog.pg_default_acl d left join schemas s on s.oid = d.defaclnamespace
        union all select 'privilege', format('future %s of %I', kind.word, r.rolname), acldefault(kind.letter::"char", r.oid)::text[]::text
            from (values ('r', 'tables'), ('s', 'sequences'), ('f', 'functions'), ('T', 'types'), ('n', 'schemas')) kind (letter, word)
                join pg_catalog.pg_roles r on r.rolname = current_user
            where not exists (select from pg_catalog.pg_default_acl d where d.defaclrole = r.oid and d.defaclnamespace = 0 and pg_catalog.lower(d.defaclobjtype::text) = pg_catalog.lower(kind.letter))
        union all select 'member', format('%s to %s', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(roleid)), pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(member))), admin_option::text
            from pg_catalog.pg_auth_members
        union all select 'role', pg_catalog.quote_ident(rolname), format('superuser %s, bypassrls %s, createrole %s, createdb %s, login %s, inherit %s', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolinherit)
            from pg_catalog.pg_roles
        """;

    // Found by indexes, however much there is beside it. The sequences of a table go to another owner with it.
    private const string OfOneRelation =
        $"""
        with schemas as ({Schemas}), named as (select oid from pg_catalog.pg_class where relname = $1::name), relations as ({Relations} and c.oid in (
            select oid from named
            union all select d.objid from pg_catalog.pg_depend d join named n on d.refobjid = n.oid
                where d.refclassid = 'pg_catalog.pg_class'::regclass and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')))
        {OfRelations}
        """;

    private const string OfOneFunction = $"with schemas as ({Schemas}), functions as ({Functions} where p.proname = $1::name) {OfFunctions}";

    // Only these can change it; what they did change is then read, not guessed. Functions and DO blocks can do anything.
    private static readonly HashSet<string> s_words =
        ["GRANT", "REVOKE", "POLICY", "SECURITY", "PRIVILEGES", "OWNER", "OWNED", "ROLE", "USER", "GROUP", "AUTHORIZATION"];

    public static bool MayChange(SqlStatement statement)
    {
        string[] words = [.. statement.Words().Take(2)];
        return words.FirstOrDefault() switch
        {
            "DO" or "CALL" or "SELECT" or "WITH" or "GRANT" or "REVOKE" => true,
            "CREATE" => words.Length == 2 && words[1] is "POLICY" or "SCHEMA" or "ROLE" or "USER" or "GROUP",
            "ALTER" or "DROP" or "REASSIGN" => statement.Words().Any(s_words.Contains),
            _ => false,
        };
    }

    /// <param name="working">The session at work.</param>
    /// <param name="scope">The one object that matters; null for all of them.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<SecurityState> ReadAsync(NpgsqlConnection working, SecurityScope? scope, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(scope is null ? OfAll : scope.IsFunction ? OfOneFunction : OfOneRelation, working);
        await using (command.ConfigureAwait(false))
        {
            if (scope is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = scope.Name });
            }

            var values = new Dictionary<SecurityKey, string>();
            NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    values.Add(new SecurityKey(reader.GetString(0), reader.GetString(1)), reader.GetString(2));
                }
            }

            return new SecurityState(values);
        }
    }

    /// <summary>What is different <paramref name="after"/>, one a line, in the words of SQL. What objects bring along when they are created or take along is no change.</summary>
    public IReadOnlyList<string> ChangesTo(SecurityState after)
    {
        var changes = new List<string>();
        foreach (SecurityKey key in values.Keys.Union(after.Values.Keys).OrderBy(key => key.Object, StringComparer.Ordinal).ThenBy(key => key.Aspect, StringComparer.Ordinal))
        {
            changes.AddRange(SecurityChange.Describe(key, values.GetValueOrDefault(key), after.Values.GetValueOrDefault(key)));
        }

        return changes;
    }

    private IReadOnlyDictionary<SecurityKey, string> Values => values;
}

/// <summary>One thing that can change.</summary>
internal readonly record struct SecurityKey(string Aspect, string Object);
