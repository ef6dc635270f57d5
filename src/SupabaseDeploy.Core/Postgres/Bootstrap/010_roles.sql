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
            ('supabase_read_only_user',    'login inherit bypassrls'),
            ('supabase_etl_admin',         'login inherit replication'),
            ('pgbouncer',                  'login inherit'),
            -- Made on the platform by extensions; they belong to the server, so they are here before any database has the extension.
            ('pgtle_admin',                'nologin inherit'),
            ('pgsodium_keyiduser',         'nologin inherit'),
            ('pgsodium_keyholder',         'nologin inherit'),
            ('pgsodium_keymaker',          'nologin inherit')
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
grant pgtle_admin, pgsodium_keyiduser, pgsodium_keyholder, pgsodium_keymaker to postgres with admin option;
grant pgsodium_keyiduser to service_role;
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
do $$
declare
    parameter text;
begin
    -- What supautils.privileged_role_allowed_configs lists, with the settings of PostgREST that projects use.
    foreach parameter in array array[
        'session_replication_role', 'log_min_messages', 'log_lock_waits', 'track_io_timing',
        'auto_explain.log_min_duration', 'auto_explain.log_nested_statements', 'safeupdate.enabled',
        'pg_net.batch_size', 'pg_net.ttl',
        'pgaudit.log', 'pgaudit.log_catalog', 'pgaudit.log_client', 'pgaudit.log_level', 'pgaudit.log_parameter', 'pgaudit.log_relation',
        'pgaudit.log_rows', 'pgaudit.log_statement', 'pgaudit.log_statement_once', 'pgaudit.role',
        'pgrst.db_pre_request', 'pgrst.db_schemas', 'pgrst.db_schema', 'pgrst.db_extra_search_path', 'pgrst.db_max_rows', 'pgrst.db_aggregates_enabled',
        'pgrst.db_plan_enabled', 'pgrst.db_anon_role', 'pgrst.db_root_spec', 'pgrst.db_tx_end', 'pgrst.db_use_legacy_gucs', 'pgrst.db_prepared_statements',
        'pgrst.db_hoisted_tx_settings', 'pgrst.jwt_aud', 'pgrst.jwt_secret', 'pgrst.jwt_role_claim_key', 'pgrst.jwt_cache_max_lifetime',
        'pgrst.openapi_mode', 'pgrst.openapi_security_active', 'pgrst.openapi_server_proxy_uri', 'pgrst.server_cors_allowed_origins', 'pgrst.server_trace_header',
        'app.settings.jwt_secret', 'app.settings.jwt_exp', 'app.settings.supabase_url', 'app.settings.service_role_key', 'app.settings.anon_key'
    ] loop
        execute format('grant set on parameter %s to postgres', parameter);
    end loop;
end
$$;
