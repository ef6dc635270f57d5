-- The schemas of a Supabase project, their owners, and the extensions that are there from the start.
-- pgmq is not here: the extension makes it.
create schema if not exists extensions authorization postgres;
create schema if not exists auth authorization supabase_admin;
create schema if not exists storage authorization supabase_admin;
create schema if not exists realtime authorization supabase_admin;
create schema if not exists _realtime authorization supabase_admin;
create schema if not exists graphql authorization supabase_admin;
create schema if not exists graphql_public authorization supabase_admin;
create schema if not exists vault authorization supabase_admin;
create schema if not exists supabase_functions authorization supabase_admin;
-- Left by pgsodium on projects that had it from the start, and named by what was dumped from those.
create schema if not exists pgsodium authorization supabase_admin;
create schema if not exists pgsodium_masks authorization supabase_admin;

grant usage on schema public, extensions, storage, realtime, graphql_public, supabase_functions
    to postgres, anon, authenticated, service_role;
grant usage on schema auth to postgres, anon, authenticated, service_role;
grant usage on schema graphql to postgres, anon, authenticated, service_role;
grant usage on schema vault to postgres with grant option;
grant usage on schema vault to service_role;

grant all on schema extensions, auth, storage, realtime to dashboard_user;
grant all on schema auth to supabase_auth_admin;
grant all on schema storage to supabase_storage_admin, postgres;
grant all on schema realtime to supabase_realtime_admin;
grant all on schema supabase_functions to supabase_functions_admin;

-- Migrations grant on the schemas of pg_cron and pg_net that somebody switched on in the dashboard. The extensions themselves make the
-- schemas and fail when they exist; the shims do not.
do $$
declare
    made record;
begin
    for made in
        select * from (values ('pg_cron', 'cron'), ('pg_net', 'net')) as made(extension, schema)
        join pg_available_extensions on name = extension where comment like 'Shim: %'
    loop
        execute format('create schema if not exists %I authorization supabase_admin', made.schema);
        execute format('grant usage on schema %I to postgres with grant option', made.schema);
    end loop;
end
$$;

-- What extensions make there belongs to supabase_admin, and postgres has all of it: pg_stat_statements_reset() is nobody else's.
alter default privileges for role supabase_admin in schema extensions grant all on tables to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions grant all on routines to postgres with grant option;
alter default privileges for role supabase_admin in schema extensions grant all on sequences to postgres with grant option;

-- Migrations drop these, make them again and move them, so they are the extensions of postgres, who has to own the database for that.
do $$
begin
    if (select datdba from pg_database where datname = current_database()) <> 'postgres'::regrole then
        execute format('alter database %I owner to postgres', current_database());
    end if;
end
$$;
set local role postgres;
create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pg_graphql with schema graphql;

-- Servers of ours preload its library. A database that had it before has the function without the privilege above.
do $$
begin
    if exists (select from pg_available_extensions where name = 'pg_stat_statements' and comment not like 'Shim: %') then
        create extension if not exists pg_stat_statements with schema extensions;
    end if;
end
$$;
reset role;
do $$
declare
    reset regprocedure;
begin
    for reset in
        select oid from pg_proc where proname = 'pg_stat_statements_reset' and pronamespace = 'extensions'::regnamespace and not has_function_privilege('postgres', oid, 'execute')
    loop
        execute format('grant all on function %s to postgres with grant option', reset);
    end loop;
end
$$;
