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
