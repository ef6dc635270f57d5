-- JSON Web Tokens with HS256, HS384 and HS512, signed by pgcrypto. The same tokens as pgjwt makes.
create function url_encode(data bytea) returns text language sql immutable return translate(encode(data, 'base64'), E'+/=\n', '-_');

create function url_decode(data text) returns bytea language sql immutable return
    decode(rpad(translate(data, '-_', '+/'), (ceil(length(data) / 4.0) * 4)::integer, '='), 'base64');

create function algorithm_sign(signables text, secret text, algorithm text) returns text language sql immutable return
    url_encode(hmac(signables, secret,
        case algorithm when 'HS256' then 'sha256' when 'HS384' then 'sha384' when 'HS512' then 'sha512' else '' end));

create function sign(payload json, secret text, algorithm text default 'HS256') returns text language sql immutable begin atomic
    with signables as (
        select url_encode(convert_to('{"alg":"' || algorithm || '","typ":"JWT"}', 'utf8')) || '.' || url_encode(convert_to(payload::text, 'utf8')) as data)
    select data || '.' || algorithm_sign(data, secret, algorithm) from signables;
end;

create function try_cast_double(inp text) returns double precision language plpgsql immutable as $$
begin
    return inp::double precision;
exception
    when others then return null;
end
$$;

create function verify(token text, secret text, algorithm text default 'HS256')
    returns table (header json, payload json, valid boolean) language sql immutable begin atomic
    with parts as (
        select string_to_array(token, '.') as part),
    claims as (
        select part,
               convert_from(url_decode(part[1]), 'utf8')::json as header,
               convert_from(url_decode(part[2]), 'utf8')::json as payload
        from parts)
    select claims.header, claims.payload,
           part[3] = algorithm_sign(part[1] || '.' || part[2], secret, algorithm)
           and tstzrange(to_timestamp(try_cast_double(claims.payload ->> 'nbf')), to_timestamp(try_cast_double(claims.payload ->> 'exp'))) @> now()
    from claims;
end;
