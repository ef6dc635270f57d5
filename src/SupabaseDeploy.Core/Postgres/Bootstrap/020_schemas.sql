-- The schemas of a Supabase project, their owners, and the extensions that are there from the start.
-- cron, net and pgmq are not here: pg_cron, pg_net and pgmq make them, and their "create extension" fails when they exist.
create schema if not exists extensions authorization postgres;
create schema if not exists auth authorization supabase_admin;
create schema if not exists storage authorization supabase_admin;
create schema if not exists realtime authorization supabase_admin;
create schema if not exists graphql authorization supabase_admin;
create schema if not exists graphql_public authorization supabase_admin;
create schema if not exists vault authorization supabase_admin;
create schema if not exists supabase_functions authorization supabase_admin;

grant usage on schema public, extensions, storage, realtime, graphql_public, supabase_functions
    to postgres, anon, authenticated, service_role;
grant usage on schema auth to postgres, anon, authenticated, service_role;
grant usage on schema graphql to postgres, anon, authenticated, service_role;
grant usage on schema vault to postgres, service_role;

grant all on schema extensions, auth, storage, realtime to dashboard_user;
grant all on schema auth to supabase_auth_admin;
grant all on schema storage to supabase_storage_admin, postgres;
grant all on schema realtime to supabase_realtime_admin;
grant all on schema supabase_functions to supabase_functions_admin;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;

-- Present on every Supabase project; created where this server has the files. Its view answers only where the library is preloaded.
do $$
begin
    if exists (select from pg_available_extensions where name = 'pg_stat_statements') then
        create extension if not exists pg_stat_statements with schema extensions;
    end if;
    if exists (select from pg_available_extensions where name = 'pg_graphql') then
        create extension if not exists pg_graphql with schema graphql;
    end if;
end
$$;
