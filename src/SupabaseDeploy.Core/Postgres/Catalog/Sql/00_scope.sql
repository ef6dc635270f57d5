-- What the other files read from. One statement is made of all of them, so that everything is seen in one snapshot.
-- Every name is written as SQL writes it, with an empty search_path, so that it means the same to everybody.
with
platform_role as materialized (
    select oid from pg_roles
    where rolname ~ '^supabase_' or rolname in ('authenticator', 'dashboard_user', 'pgbouncer', 'pgtle_admin', 'pgsodium_keyholder', 'pgsodium_keyiduser', 'pgsodium_keymaker')
),
-- What an extension brought is told by the extension and its version.
member as materialized (
    select classid, objid from pg_depend where deptype = 'e'
),
space as materialized (
    select n.oid, n.nspname, quote_ident(n.nspname) as name, n.nspowner, n.nspacl,
           exists (select from member where classid = 'pg_namespace'::regclass and objid = n.oid) as is_member,
           -- The platform's by name and by owner. In such a schema, what belongs to another role is still the user's.
           -- Schema extensions is the platform's although postgres owns it.
           case
               when n.nspname = 'extensions' then exists (select from platform_role)
               when n.nspname in ('auth', 'storage', 'realtime', '_realtime', 'vault', 'graphql', 'graphql_public', 'pgbouncer', 'pgsodium',
                                  'pgsodium_masks', 'supabase_functions', '_analytics', '_supavisor', 'net', 'cron', 'pgmq', 'pgtle')
                   then n.nspowner in (select oid from platform_role)
               else false
           end as is_platform
    from pg_namespace n
    where n.nspname not in ('pg_catalog', 'information_schema', 'supabase_deploy', '_supabase_deploy', 'supabase_migrations')
      and n.nspname !~ '^pg_(toast|temp)'
),
relation as materialized (
    select c.oid, c.relname, quote_ident(c.relname) as name, c.relnamespace, s.name as schema, s.is_platform, c.relkind, c.relowner, c.relacl,
           c.relpersistence, c.relam, c.reloptions, c.relreplident, c.reloftype, c.relispartition, c.relpartbound, c.relrowsecurity, c.relforcerowsecurity,
           member.objid is not null as is_member,
           member.objid is null and not (s.is_platform and c.relowner in (select oid from platform_role)) as is_user,
           case c.relkind when 'v' then 'View' when 'm' then 'MaterializedView' when 'f' then 'ForeignTable' when 'S' then 'Sequence' else 'Table' end as kind
    from pg_class c
    join space s on s.oid = c.relnamespace
    left join member on member.classid = 'pg_class'::regclass and member.objid = c.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relpersistence <> 't'
      -- The sequence of an identity column is told by the column.
      and not (c.relkind = 'S' and exists (
          select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype = 'i'))
),
routine as materialized (
    select p.oid, p.prokind, p.proowner, p.proacl, s.name as schema, s.oid as space,
           quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')' as name,
           member.objid is not null as is_member,
           s.is_platform and p.proowner in (select oid from platform_role)
               or s.is_platform and s.nspname = 'extensions' and p.proname in ('grant_pg_cron_access', 'grant_pg_graphql_access', 'grant_pg_net_access',
                   'pgrst_ddl_watch', 'pgrst_drop_watch', 'set_graphql_placeholder') as is_platform
    from pg_proc p
    join space s on s.oid = p.pronamespace
    left join member on member.classid = 'pg_proc'::regclass and member.objid = p.oid
    -- The constructors of a range type come and go with it.
    where not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')
),
