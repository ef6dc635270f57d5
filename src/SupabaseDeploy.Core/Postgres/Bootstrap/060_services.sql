-- The remaining schemas that migrations name, with as much behind them as a plain PostgreSQL can honestly give.

-- GraphQL. Where pg_graphql is installed it is the platform's function that answers; else the same error as there without the extension.
do $$
begin
    if not exists (select from pg_extension where extname = 'pg_graphql') then
        create or replace function graphql_public.graphql(
            "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null)
            returns jsonb language plpgsql as $function$
        begin
            return jsonb_build_object('errors', jsonb_build_array(jsonb_build_object('message', 'pg_graphql extension is not enabled.')));
        end
        $function$;
    elsif to_regprocedure('graphql_public.graphql(text, text, jsonb, jsonb)') is null then
        create function graphql_public.graphql(
            "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null)
            returns jsonb language sql as $function$
            select graphql.resolve(query := query, variables := coalesce(variables, '{}'), "operationName" := "operationName", extensions := extensions)
        $function$;
    end if;
end
$$;
grant execute on all functions in schema graphql_public to postgres, anon, authenticated, service_role;

-- Vault. Simplified: on the platform the supabase_vault extension encrypts secrets with a key outside the database.
-- Here there is no such key, and one beside the data would only look safe: secrets are stored as they are, readable by postgres and service_role.
create table if not exists vault.secrets (
    id          uuid not null default gen_random_uuid(),
    name        text,
    description text not null default '',
    secret      text not null,
    key_id      uuid,
    nonce       bytea,
    created_at  timestamptz not null default current_timestamp,
    updated_at  timestamptz not null default current_timestamp,
    constraint secrets_pkey primary key (id)
);
create unique index if not exists secrets_name_idx on vault.secrets (name) where name is not null;
comment on table vault.secrets is 'Not encrypted here: this database is not a Supabase project.';

create or replace view vault.decrypted_secrets with (security_invoker = true) as
    select id, name, description, secret, secret as decrypted_secret, key_id, nonce, created_at, updated_at from vault.secrets;

create or replace function vault.create_secret(
    new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null) returns uuid language sql as $$
    insert into vault.secrets (secret, name, description, key_id) values (new_secret, new_name, new_description, new_key_id) returning id
$$;

create or replace function vault.update_secret(
    secret_id uuid, new_secret text default null, new_name text default null, new_description text default null, new_key_id uuid default null)
    returns void language sql as $$
    update vault.secrets set
        secret = coalesce(new_secret, secret),
        name = coalesce(new_name, name),
        description = coalesce(new_description, description),
        key_id = coalesce(new_key_id, key_id),
        updated_at = current_timestamp
    where id = secret_id
$$;

revoke all on all functions in schema vault from public;
grant execute on all functions in schema vault to postgres, service_role;
grant select, insert, update, delete on vault.secrets to postgres;
grant select, delete on vault.secrets to service_role;
grant select on vault.decrypted_secrets to postgres, service_role;

-- Database webhooks. Simplified: sending needs pg_net. Where it is missing the row is saved, nothing is sent, and a warning says so.
create table if not exists supabase_functions.hooks (
    id            bigserial,
    hook_table_id integer not null,
    hook_name     text not null,
    created_at    timestamptz not null default now(),
    request_id    bigint,
    constraint hooks_pkey primary key (id)
);
create index if not exists supabase_functions_hooks_request_id_idx on supabase_functions.hooks (request_id);
create index if not exists supabase_functions_hooks_h_table_id_h_name_idx on supabase_functions.hooks (hook_table_id, hook_name);

create table if not exists supabase_functions.migrations (
    version     text not null,
    inserted_at timestamptz not null default now(),
    constraint migrations_pkey primary key (version)
);

-- Arguments: url, method (GET or POST), headers, parameters, time-out in milliseconds.
create or replace function supabase_functions.http_request() returns trigger language plpgsql
    security definer set search_path = '' as $$
declare
    url        text := tg_argv[0];
    method     text := tg_argv[1];
    headers    jsonb := coalesce(nullif(tg_argv[2], 'null'), '{"Content-Type": "application/json"}')::jsonb;
    params     jsonb := coalesce(nullif(tg_argv[3], 'null'), '{}')::jsonb;
    timeout_ms integer := coalesce(nullif(tg_argv[4], 'null'), '1000')::integer;
    request_id bigint;
begin
    if url is null or url = 'null' then
        raise exception 'url argument is missing';
    end if;
    if method is null or method not in ('GET', 'POST') then
        raise exception 'method argument % is invalid', method;
    end if;

    if not exists (select from pg_catalog.pg_extension where extname = 'pg_net') then
        raise warning 'webhook % was not sent: pg_net is not installed here', tg_name;
    elsif method = 'GET' then
        execute 'select net.http_get($1, $2, $3, $4)' into request_id using url, params, headers, timeout_ms;
    else
        execute 'select net.http_post($1, $2, $3, $4, $5)' into request_id using
            url,
            pg_catalog.jsonb_build_object(
                'old_record', old, 'record', new, 'type', tg_op, 'table', tg_table_name, 'schema', tg_table_schema),
            params, headers, timeout_ms;
    end if;

    insert into supabase_functions.hooks (hook_table_id, hook_name, request_id) values (tg_relid, tg_name, request_id);
    return new;
end
$$;

alter table supabase_functions.hooks owner to supabase_functions_admin;
alter table supabase_functions.migrations owner to supabase_functions_admin;
alter function supabase_functions.http_request() owner to supabase_functions_admin;
revoke all on function supabase_functions.http_request() from public;
grant execute on function supabase_functions.http_request() to postgres, anon, authenticated, service_role;
grant all on all tables in schema supabase_functions to postgres, anon, authenticated, service_role;
grant all on all sequences in schema supabase_functions to postgres, anon, authenticated, service_role;
