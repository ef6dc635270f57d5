-- The platform encrypts with a key outside the database. Here the key is a row of it: whoever looks at the table of secrets sees none,
-- whoever may read every table, the database's files or a backup of it can decrypt them.
create table vault.local_key (
    id         uuid primary key default gen_random_uuid(),
    key        text not null,
    created_at timestamptz not null default now()
);

create table vault.secrets (
    id          uuid primary key default gen_random_uuid(),
    name        text,
    description text not null default '',
    secret      text not null,
    key_id      uuid,
    nonce       bytea,
    created_at  timestamptz not null default current_timestamp,
    updated_at  timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';
select pg_catalog.pg_extension_config_dump('vault.local_key', '');
select pg_catalog.pg_extension_config_dump('vault.secrets', '');

-- The key is drawn with the first secret, so that a restored database meets no other.
create function vault._key() returns vault.local_key language plpgsql security definer set search_path = '' as $$
declare
    current vault.local_key;
begin
    select * into current from vault.local_key order by created_at limit 1;
    if not found then
        lock table vault.local_key in share row exclusive mode;
        insert into vault.local_key (key)
            select pg_catalog.encode(pg_catalog.sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea), 'hex')
            where not exists (select from vault.local_key);
        select * into current from vault.local_key order by created_at limit 1;
    end if;
    return current;
end
$$;

do $$
declare
    crypto constant text := (select quote_ident(nspname) from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = 'pgcrypto');
begin
    execute format(
        $function$
        create function vault._encrypt(plain text, with_key text) returns text language sql set search_path = '' as $body$
            select pg_catalog.encode(%1$s.pgp_sym_encrypt(plain, with_key, 'cipher-algo=aes256, s2k-mode=0'), 'base64')
        $body$;
        create function vault._decrypt(cipher text, with_key_id uuid) returns text language sql stable security definer set search_path = '' as $body$
            select %1$s.pgp_sym_decrypt(pg_catalog.decode(cipher, 'base64'), key) from vault.local_key where id = with_key_id
        $body$;
        $function$,
        crypto);
end
$$;

-- Also what is inserted into the table itself is encrypted, as earlier versions of the extension did.
create function vault._encrypt_secret() returns trigger language plpgsql security definer set search_path = '' as $$
declare
    current vault.local_key;
begin
    -- A row that names its key and holds a message of OpenPGP is one that a restore puts back.
    if tg_op = 'INSERT' and new.key_id is not null and new.secret ~ '^ww[A-Za-z0-9+/=\n]+$' then
        return new;
    end if;
    if tg_op = 'INSERT' or new.secret is distinct from old.secret then
        current := vault._key();
        new.secret := vault._encrypt(new.secret, current.key);
        new.key_id := current.id;
    end if;
    return new;
end
$$;
create trigger secrets_encrypt before insert or update on vault.secrets for each row execute function vault._encrypt_secret();

create view vault.decrypted_secrets as
    select id, name, description, secret, vault._decrypt(secret, key_id) as decrypted_secret, key_id, nonce, created_at, updated_at
    from vault.secrets;

create function vault.create_secret(new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null)
    returns uuid language sql security definer set search_path = '' as $$
    insert into vault.secrets (secret, name, description) values (new_secret, new_name, new_description) returning id
$$;

create function vault.update_secret(
    secret_id uuid, new_secret text default null, new_name text default null, new_description text default null, new_key_id uuid default null)
    returns void language sql security definer set search_path = '' as $$
    update vault.secrets set
        secret = coalesce(new_secret, secret),
        name = coalesce(new_name, name),
        description = coalesce(new_description, description),
        updated_at = current_timestamp
    where id = secret_id
$$;

revoke all on all functions in schema vault from public;
grant usage on schema vault to postgres with grant option;
grant usage on schema vault to service_role;
grant execute on function vault.create_secret(text, text, text, uuid), vault.update_secret(uuid, text, text, text, uuid), vault._decrypt(text, uuid)
    to postgres with grant option;
grant execute on function vault.create_secret(text, text, text, uuid), vault.update_secret(uuid, text, text, text, uuid), vault._decrypt(text, uuid)
    to service_role;
grant all on vault.secrets to postgres with grant option;
grant select, references, truncate, delete on vault.decrypted_secrets to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
