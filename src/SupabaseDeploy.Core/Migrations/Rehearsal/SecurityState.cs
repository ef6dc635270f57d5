using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Who may do what at one moment: privileges, owners, policies, row level security, default privileges and memberships.</summary>
internal sealed class SecurityState(IReadOnlyDictionary<SecurityKey, string> values)
{
    // In the session at work, as what it has not committed is seen by nobody else. Everything is qualified: files set search_path.
    private const string Sql =
        $"""
        with schemas as (
            select oid, nspname, nspowner, nspacl from pg_catalog.pg_namespace
            where nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'supabase_migrations', '{RehearsalTriggers.Schema}') and nspname !~ '^pg_(toast_)?temp_'
        ), relations as (
            select c.oid, c.relkind, c.relacl, c.relowner, c.relrowsecurity, c.relforcerowsecurity, format('%I.%I', s.nspname, c.relname) as name
            from pg_catalog.pg_class c join schemas s on s.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        ), functions as (
            select p.proacl, p.proowner, format('%I.%I(%s)', s.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name
            from pg_catalog.pg_proc p join schemas s on s.oid = p.pronamespace
        )
        select 'privilege', case relkind when 'S' then 'sequence ' else 'table ' end || name,
            coalesce(relacl, acldefault((case relkind when 'S' then 's' else 'r' end)::"char", relowner))::text[]::text from relations
        union all select 'owner', 'table ' || name, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(relowner)) from relations
        union all select 'enabled', name, relrowsecurity::text from relations where relkind in ('r', 'p')
        union all select 'forced', name, relforcerowsecurity::text from relations where relkind in ('r', 'p')
        union all select 'privilege', format('column %s.%I', r.name, a.attname), a.attacl::text[]::text
            from relations r join pg_catalog.pg_attribute a on a.attrelid = r.oid where a.attacl is not null and not a.attisdropped
        union all select 'privilege', 'function ' || name, coalesce(proacl, acldefault('f', proowner))::text[]::text from functions
        union all select 'owner', 'function ' || name, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(proowner)) from functions
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
        union all select 'policy', format('%I on %s', p.polname, r.name),
                format('%s %s %s using (%s) check (%s)', p.polcmd, p.polpermissive, (select pg_catalog.array_agg(case when u = 0 then 'public' else pg_catalog.pg_get_userbyid(u) end)::text from pg_catalog.unnest(p.polroles) u),
                    pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
            from pg_catalog.pg_policy p join relations r on r.oid = p.polrelid
        union all select 'member', format('%s to %s', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(roleid)), pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(member))), admin_option::text
            from pg_catalog.pg_auth_members
        union all select 'role', pg_catalog.quote_ident(rolname), format('superuser %s, bypassrls %s, createrole %s, createdb %s, login %s, inherit %s', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolinherit)
            from pg_catalog.pg_roles
        """;

    // Only these can change it; what they did change is then read, not guessed. Functions and DO blocks can do anything.
    private static readonly HashSet<string> s_words =
        ["GRANT", "REVOKE", "POLICY", "SECURITY", "PRIVILEGES", "OWNER", "OWNED", "ROLE", "USER", "GROUP", "AUTHORIZATION"];

    public static bool MayChange(SqlStatement statement)
    {
        string? first = statement.Words().FirstOrDefault();
        return first is "DO" or "CALL" or "SELECT" or "WITH"
            || (first is "GRANT" or "REVOKE" or "CREATE" or "ALTER" or "DROP" or "REASSIGN" && statement.Words().Any(s_words.Contains));
    }

    public static async Task<SecurityState> ReadAsync(NpgsqlConnection working, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeyValuePair<SecurityKey, string>> rows = await working.RowsAsync(
            Sql,
            row => KeyValuePair.Create(new SecurityKey(row.GetString(0), row.GetString(1)), row.GetString(2)),
            cancellationToken).ConfigureAwait(false);
        return new SecurityState(new Dictionary<SecurityKey, string>(rows));
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
