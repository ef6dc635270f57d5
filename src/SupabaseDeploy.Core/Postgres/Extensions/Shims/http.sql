-- Types and functions of http. Nothing is sent: a request is refused with an error that says so, as an invented answer would be believed.
create domain http_method as text;
create domain content_type as text check (value ~ '^\S+\/\S+');
create type http_header as (field varchar, value varchar);
create type http_response as (status integer, content_type varchar, headers http_header[], content varchar);
create type http_request as (method http_method, uri varchar, headers http_header[], content_type varchar, content varchar);

create function http_header(field varchar, value varchar) returns http_header language sql immutable return row(field, value)::http_header;

create function http_headers(variadic args text[]) returns http_header[] language plpgsql immutable strict as $$
declare
    headers @extschema@.http_header[] := '{}';
begin
    if coalesce(array_length(args, 1), 0) % 2 <> 0 then
        raise exception 'Arguments must be provided in key-value pairs';
    end if;
    for place in 1 .. coalesce(array_length(args, 1), 0) by 2 loop
        headers := headers || row(args[place], args[place + 1])::@extschema@.http_header;
    end loop;
    return headers;
end
$$;

create function http(request http_request) returns http_response language plpgsql as $$
begin
    raise exception '% % was not sent: http is a shim on this server', request.method, request.uri using errcode = 'feature_not_supported';
end
$$;

create function http_get(uri varchar) returns http_response language sql begin atomic
    select http(row('GET', $1, null, null, null)::http_request);
end;
create function http_head(uri varchar) returns http_response language sql begin atomic
    select http(row('HEAD', $1, null, null, null)::http_request);
end;
create function http_delete(uri varchar) returns http_response language sql begin atomic
    select http(row('DELETE', $1, null, null, null)::http_request);
end;
create function http_delete(uri varchar, content varchar, content_type varchar) returns http_response language sql begin atomic
    select http(row('DELETE', $1, null, $3, $2)::http_request);
end;
create function http_post(uri varchar, content varchar, content_type varchar) returns http_response language sql begin atomic
    select http(row('POST', $1, null, $3, $2)::http_request);
end;
create function http_put(uri varchar, content varchar, content_type varchar) returns http_response language sql begin atomic
    select http(row('PUT', $1, null, $3, $2)::http_request);
end;
create function http_patch(uri varchar, content varchar, content_type varchar) returns http_response language sql begin atomic
    select http(row('PATCH', $1, null, $3, $2)::http_request);
end;

create function urlencode(string bytea) returns text language sql immutable strict return
    (select coalesce(string_agg(case when byte between 48 and 57 or byte between 65 and 90 or byte between 97 and 122 or byte in (45, 46, 95, 126)
                                     then chr(byte) else '%' || upper(lpad(to_hex(byte), 2, '0')) end, '' order by place), '')
     from (select place, get_byte(string, place) as byte from generate_series(0, length(string) - 1) as place) as bytes);
create function urlencode(string varchar) returns text language sql immutable strict return urlencode(convert_to(string, 'UTF8'));
create function urlencode(data jsonb) returns text language sql immutable strict return
    (select coalesce(string_agg(urlencode(key::varchar) || '=' || urlencode(value::varchar), '&'), '') from jsonb_each_text(data));

create function http_get(uri varchar, data jsonb) returns http_response language sql begin atomic
    select http(row('GET', $1 || '?' || urlencode($2), null, null, null)::http_request);
end;
create function http_post(uri varchar, data jsonb) returns http_response language sql begin atomic
    select http(row('POST', $1, null, 'application/x-www-form-urlencoded', urlencode($2))::http_request);
end;

create function text_to_bytea(data text) returns bytea language sql immutable strict return convert_to(data, 'UTF8');
create function bytea_to_text(data bytea) returns text language sql immutable strict return convert_from(data, 'UTF8');

-- There is no connection that an option could be set on; it is accepted, and nothing is listed.
create function http_set_curlopt(curlopt varchar, value varchar) returns boolean language sql return true;
create function http_reset_curlopt() returns boolean language sql return true;
create function http_list_curlopt() returns table (curlopt text, value text) language sql as 'select null::text, null::text where false';
