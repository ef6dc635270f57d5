-- Keys and deterministic authenticated encryption under pgsodium's names, made of pgcrypto's AES and HMAC. What is encrypted here is
-- decrypted here and nowhere else. Keys lie in the database. Columns cannot be encrypted by security labels: that takes the library.
create type pgsodium.key_status as enum ('default', 'valid', 'invalid', 'expired');
create type pgsodium.key_type as enum (
    'aead-ietf', 'aead-det', 'hmacsha512', 'hmacsha256', 'auth', 'shorthash', 'generichash', 'kdf', 'secretbox', 'secretstream', 'stream_xchacha20');

create sequence pgsodium.key_key_id_seq;
create table pgsodium.key (
    id              uuid primary key default gen_random_uuid(),
    status          pgsodium.key_status default 'valid',
    created         timestamptz not null default current_timestamp,
    expires         timestamptz,
    key_type        pgsodium.key_type,
    key_id          bigint default nextval('pgsodium.key_key_id_seq'),
    key_context     bytea default 'pgsodium' check (length(key_context) = 8),
    name            text unique,
    associated_data text default 'associated',
    raw_key         bytea,
    raw_key_nonce   bytea,
    parent_key      uuid references pgsodium.key (id),
    comment         text,
    user_data       text
);
select pg_catalog.pg_extension_config_dump('pgsodium.key', '');
select pg_catalog.pg_extension_config_dump('pgsodium.key_key_id_seq', '');

create view pgsodium.valid_key as
    select id, name, status, key_type, key_id, key_context, created, expires, associated_data
    from pgsodium.key
    where status in ('valid', 'default') and (expires is null or expires > now());

do $$
declare
    crypto constant text := (select quote_ident(nspname) from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = 'pgcrypto');
begin
    execute format(
        $functions$
        create function pgsodium.randombytes_buf(size integer) returns bytea language sql volatile set search_path = '' as $body$
            select %1$s.gen_random_bytes(size)
        $body$;
        -- The vector is made of the message, the additional data and the nonce, so that it is also the tag.
        create function pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key bytea, nonce bytea default null)
            returns bytea language sql immutable set search_path = '' as $body$
            select tag || %1$s.encrypt_iv(message, %1$s.digest(key, 'sha256'), tag, 'aes')
            from (select pg_catalog.substr(%1$s.hmac(coalesce(nonce, '') || '\x00' || coalesce(additional, '') || '\x00' || message, key, 'sha256'), 1, 16) as tag) as made
        $body$;
        create function pgsodium.crypto_aead_det_decrypt(ciphertext bytea, additional bytea, key bytea, nonce bytea default null)
            returns bytea language plpgsql immutable set search_path = '' as $body$
        declare
            tag constant bytea := pg_catalog.substr(ciphertext, 1, 16);
            message constant bytea := %1$s.decrypt_iv(pg_catalog.substr(ciphertext, 17), %1$s.digest(key, 'sha256'), tag, 'aes');
        begin
            if tag <> pg_catalog.substr(%1$s.hmac(coalesce(nonce, '') || '\x00' || coalesce(additional, '') || '\x00' || message, key, 'sha256'), 1, 16) then
                raise exception 'pgsodium_crypto_aead_det_decrypt: invalid ciphertext' using errcode = 'data_exception';
            end if;
            return message;
        end
        $body$;
        $functions$,
        crypto);
end
$$;

create function pgsodium.crypto_aead_det_keygen() returns bytea language sql volatile set search_path = '' as 'select pgsodium.randombytes_buf(32)';
create function pgsodium.crypto_aead_det_noncegen() returns bytea language sql volatile set search_path = '' as 'select pgsodium.randombytes_buf(16)';

create function pgsodium._key(key_uuid uuid) returns bytea language plpgsql stable security definer set search_path = '' as $$
declare
    found_key bytea := (select raw_key from pgsodium.key where id = key_uuid and status in ('valid', 'default'));
begin
    if found_key is null then
        raise exception 'pgsodium: there is no valid key %', key_uuid;
    end if;
    return found_key;
end
$$;

create function pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea default null)
    returns bytea language sql stable security definer set search_path = '' as $$
    select pgsodium.crypto_aead_det_encrypt(message, additional, pgsodium._key(key_uuid), nonce)
$$;
create function pgsodium.crypto_aead_det_decrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea default null)
    returns bytea language sql stable security definer set search_path = '' as $$
    select pgsodium.crypto_aead_det_decrypt(message, additional, pgsodium._key(key_uuid), nonce)
$$;

create function pgsodium.create_key(
    key_type pgsodium.key_type default 'aead-det', name text default null, raw_key bytea default null, raw_key_nonce bytea default null,
    parent_key uuid default null, key_context bytea default 'pgsodium', expires timestamptz default null, associated_data text default '')
    returns pgsodium.valid_key language plpgsql security definer set search_path = '' as $$
declare
    made uuid;
    result pgsodium.valid_key;
begin
    insert into pgsodium.key (key_type, name, raw_key, raw_key_nonce, parent_key, key_context, expires, associated_data)
        values (create_key.key_type, create_key.name, coalesce(create_key.raw_key, pgsodium.randombytes_buf(32)), create_key.raw_key_nonce,
                create_key.parent_key, create_key.key_context, create_key.expires, create_key.associated_data)
        returning id into made;
    select * into result from pgsodium.valid_key where id = made;
    return result;
end
$$;

create function pgsodium.get_key_by_id(uuid) returns pgsodium.valid_key language sql stable security definer set search_path = '' as $$
    select * from pgsodium.valid_key where id = $1
$$;
create function pgsodium.get_key_by_name(text) returns pgsodium.valid_key language sql stable security definer set search_path = '' as $$
    select * from pgsodium.valid_key where name = $1
$$;

revoke all on all functions in schema pgsodium from public;
grant usage on schema pgsodium to pgsodium_keyiduser;
grant select on pgsodium.valid_key to pgsodium_keyiduser;
grant execute on all functions in schema pgsodium to pgsodium_keymaker;
revoke execute on function pgsodium._key(uuid) from pgsodium_keymaker;
grant execute on function
    pgsodium.crypto_aead_det_encrypt(bytea, bytea, uuid, bytea), pgsodium.crypto_aead_det_decrypt(bytea, bytea, uuid, bytea), pgsodium.crypto_aead_det_noncegen()
    to pgsodium_keyiduser, service_role;
grant all on pgsodium.key, pgsodium.valid_key to pgsodium_keyholder;
grant usage on sequence pgsodium.key_key_id_seq to pgsodium_keyholder;
grant pgsodium_keyiduser, pgsodium_keyholder, pgsodium_keymaker to postgres;
grant usage on schema pgsodium to postgres with grant option;
grant pgsodium_keyiduser to service_role;
