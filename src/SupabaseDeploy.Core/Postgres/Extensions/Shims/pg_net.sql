-- Requests are recorded in net.http_request_queue and never sent, so net._http_response stays empty.
do $$
begin
    if to_regnamespace('net') is null then
        create schema net;
    end if;
end
$$;

create domain net.http_method as text check (value ilike 'get' or value ilike 'post' or value ilike 'delete');
create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code integer, headers jsonb, body text);
create type net.http_response_result as (status net.request_status, message text, response net.http_response);

create unlogged table net.http_request_queue (
    id                   bigserial,
    method               net.http_method not null,
    url                  text not null,
    headers              jsonb,
    body                 bytea,
    timeout_milliseconds integer not null
);

create unlogged table net._http_response (
    id           bigint,
    status_code  integer,
    content_type text,
    headers      jsonb,
    content      text,
    timed_out    boolean,
    error_msg    text,
    created      timestamptz not null default now()
);
create index _http_response_created_idx on net._http_response (created);

create function net._urlencode_string(string varchar) returns text language sql immutable set search_path = '' as $$
    select coalesce(pg_catalog.string_agg(
        case when character ~ '^[A-Za-z0-9_.~-]$' then character
             else pg_catalog.regexp_replace(pg_catalog.upper(pg_catalog.encode(pg_catalog.convert_to(character, 'UTF8'), 'hex')), '(..)', '%\1', 'g') end,
        '' order by place), '')
    from pg_catalog.regexp_split_to_table(string, '') with ordinality as each(character, place)
$$;

create function net._encode_url_with_params_array(url text, params_array text[]) returns text language sql immutable set search_path = '' as $$
    select case when coalesce(pg_catalog.array_length(params_array, 1), 0) = 0 then url
                else url || case when pg_catalog.strpos(url, '?') > 0 then '&' else '?' end || pg_catalog.array_to_string(params_array, '&') end
$$;

create function net._record(method text, url text, params jsonb, headers jsonb, body bytea, timeout_milliseconds integer)
    returns bigint language sql security definer set search_path = '' as $$
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    select _record.method,
           net._encode_url_with_params_array(
               _record.url,
               (select pg_catalog.array_agg(net._urlencode_string(key) || '=' || net._urlencode_string(value)) from pg_catalog.jsonb_each_text(params))),
           _record.headers, _record.body, _record.timeout_milliseconds
    returning id
$$;

create function net.http_get(url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000)
    returns bigint language sql set search_path = '' as $$
    select net._record('GET', url, params, headers, null, timeout_milliseconds)
$$;

create function net.http_post(
    url text, body jsonb default '{}', params jsonb default '{}',
    headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000)
    returns bigint language plpgsql set search_path = '' as $$
declare
    content_type text := (select value from pg_catalog.jsonb_each_text(coalesce(headers, '{}')) where pg_catalog.lower(key) = 'content-type' limit 1);
begin
    if content_type is null then
        headers := coalesce(headers, '{}') || '{"Content-Type": "application/json"}';
    elsif content_type <> 'application/json' then
        raise exception 'Content-Type header must be "application/json"';
    end if;
    return net._record('POST', url, params, headers, pg_catalog.convert_to(body::text, 'UTF8'), timeout_milliseconds);
end
$$;

create function net.http_delete(
    url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000, body jsonb default null)
    returns bigint language sql set search_path = '' as $$
    select net._record('DELETE', url, params, headers, pg_catalog.convert_to(body::text, 'UTF8'), timeout_milliseconds)
$$;

-- What pg_net answers for a request that is still waiting; waiting for it here would never end, so that is refused.
create function net._http_collect_response(request_id bigint, async boolean default true)
    returns net.http_response_result language plpgsql set search_path = '' as $$
declare
    response net._http_response;
begin
    if not async then
        raise exception 'pg_net is a shim on this server: request % is recorded in net.http_request_queue and will never be answered', request_id
            using errcode = 'feature_not_supported';
    end if;
    select * into response from net._http_response where id = request_id;
    if response is null or response.error_msg is not null then
        return ('ERROR', coalesce(response.error_msg, 'request matching request_id not found'), null)::net.http_response_result;
    end if;
    return ('SUCCESS', 'ok', (response.status_code, response.headers, response.content)::net.http_response)::net.http_response_result;
end
$$;

create function net.http_collect_response(request_id bigint, async boolean default true)
    returns net.http_response_result language sql set search_path = '' as $$
    select net._http_collect_response(request_id, async)
$$;

create function net.check_worker_is_up() returns void language plpgsql set search_path = '' as $$
begin
    raise exception 'the pg_net background worker is not up' using detail = 'pg_net is a shim on this server: requests are recorded, not sent';
end
$$;

grant usage on schema net to public;
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;
grant usage on schema net to postgres with grant option;
grant all on all tables in schema net to postgres with grant option;
grant all on all sequences in schema net to postgres with grant option;
grant all on all functions in schema net to postgres with grant option;
