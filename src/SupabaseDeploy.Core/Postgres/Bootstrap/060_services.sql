-- The remaining schemas that migrations name, with as much behind them as a plain PostgreSQL can honestly give.

-- GraphQL. Without pg_graphql, which a migration may drop, the same error as there.
create or replace function graphql_public.graphql(
    "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null)
    returns jsonb language plpgsql as $function$
declare
    answer jsonb;
begin
    if pg_catalog.to_regprocedure('graphql.resolve(text, jsonb, text, jsonb)') is null then
        return pg_catalog.jsonb_build_object('errors', pg_catalog.jsonb_build_array(
            pg_catalog.jsonb_build_object('message', 'pg_graphql extension is not enabled.')));
    end if;
    execute 'select graphql.resolve($1, $2, $3, $4)' into answer using query, coalesce(variables, '{}'), "operationName", extensions;
    return answer;
end
$function$;
grant execute on all functions in schema graphql_public to postgres, anon, authenticated, service_role;

-- Vault. What an earlier bootstrap had made without the extension is kept: its secrets become the extension's.
do $$
begin
    if exists (select from pg_extension where extname = 'supabase_vault') then
        return;
    end if;
    create temporary table earlier_secrets (id uuid, name text, description text, secret text, created_at timestamptz, updated_at timestamptz) on commit drop;
    if to_regclass('vault.secrets') is not null then
        insert into earlier_secrets select id, name, description, secret, created_at, updated_at from vault.secrets;
        drop view vault.decrypted_secrets;
        drop function vault.create_secret(text, text, text, uuid);
        drop function vault.update_secret(uuid, text, text, text, uuid);
        drop table vault.secrets;
    end if;
    set local role postgres;
    create extension supabase_vault with schema vault;
    reset role;
    insert into vault.secrets (id, name, description, secret, created_at, updated_at) select * from earlier_secrets;
    drop table earlier_secrets;
exception
    when dependent_objects_still_exist then
        raise notice 'schema vault stays as it is: other objects depend on it';
end
$$;

-- Database webhooks. Sending needs pg_net. Without it the row is saved, nothing is sent, and a warning says so; its shim records the request.
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
