-- The roles of a Supabase project. Attributes and memberships are the platform's unless a comment says otherwise.
-- Roles belong to the whole server, so two databases that are prepared at once must take turns: the lock is on a shared catalog.
lock table pg_catalog.pg_authid in share update exclusive mode;

do $$
begin
    if current_user <> 'supabase_admin' or not (select rolsuper from pg_roles where rolname = current_user) then
        raise exception 'the bootstrap must be run by the superuser supabase_admin, not by %', current_user;
    end if;
    if exists (select from pg_roles where rolname = 'postgres' and rolsuper) then
        raise exception 'role postgres is a superuser on this server; on a Supabase project it is not, and migrations would be tested with rights they do not have there';
    end if;
end
$$;

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('postgres',                   'login inherit nosuperuser createdb createrole replication bypassrls'),
            ('anon',                       'nologin inherit'),
            ('authenticated',              'nologin inherit'),
            ('service_role',               'nologin inherit bypassrls'),
            ('authenticator',              'login noinherit'),
            ('dashboard_user',             'nologin inherit createdb createrole replication'),
            ('supabase_auth_admin',        'login noinherit createrole'),
            ('supabase_storage_admin',     'login noinherit createrole'),
            ('supabase_functions_admin',   'login noinherit createrole'),
            ('supabase_realtime_admin',    'nologin noinherit'),
            ('supabase_replication_admin', 'login inherit replication'),
            ('supabase_read_only_user',    'login inherit bypassrls')
        ) as role(name, attributes)
    loop
        if not exists (select from pg_roles where rolname = wanted.name) then
            execute format('create role %I', wanted.name);
        end if;
        execute format('alter role %I %s', wanted.name, wanted.attributes);
    end loop;
end
$$;

-- PostgREST signs in as authenticator and becomes one of these for the time of a request.
grant anon, authenticated, service_role to authenticator;

-- Migrations grant these on, and alter them; from PostgreSQL 16 on that takes the admin option.
grant anon, authenticated, service_role, authenticator to postgres with admin option;

-- Simplified: the platform lets postgres create policies and triggers on the services' own tables through the supautils library,
-- and refuses other changes to them. Without that library only the owner may create a policy, so postgres is made a member of the owners.
grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin, supabase_functions_admin to postgres;

grant anon, authenticated, service_role, authenticator to supabase_storage_admin;
grant pg_read_all_data to supabase_read_only_user;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;

do $$
begin
    if current_setting('server_version_num')::int >= 160000 then
        grant pg_create_subscription to postgres with admin option;
    end if;
end
$$;

alter role supabase_admin set search_path = "$user", public, auth, extensions;
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_storage_admin set search_path = storage;
alter role supabase_functions_admin set search_path = supabase_functions;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';

-- Requests from the outside are short.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';

-- Parameters that migrations set though they are not superusers. A parameter no loaded library defines can be stored
-- with "alter role … set" only by a role that was granted it by name.
grant set on parameter session_replication_role to postgres;
grant set on parameter log_min_messages to postgres;
grant set on parameter pgrst.db_pre_request to postgres;
grant set on parameter pgrst.db_schemas to postgres;
grant set on parameter pgrst.db_extra_search_path to postgres;
grant set on parameter pgrst.db_max_rows to postgres;
grant set on parameter pgrst.db_aggregates_enabled to postgres;
grant set on parameter pgrst.db_plan_enabled to postgres;
grant set on parameter app.settings.jwt_secret to postgres;
grant set on parameter app.settings.jwt_exp to postgres;
