-- Extensions of the "trusted language" kind are recorded. Creating one fails, as the server itself cannot read them without the library.
create type pgtle.password_types as enum ('PASSWORD_TYPE_PLAINTEXT', 'PASSWORD_TYPE_MD5', 'PASSWORD_TYPE_SCRAM_SHA_256');
create type pgtle.pg_tle_features as enum ('passcheck', 'clientauth');

create table pgtle.recorded (
    name            name not null,
    version         text not null,
    description     text,
    script          text not null,
    requires        text[],
    is_default      boolean not null,
    constraint recorded_pkey primary key (name, version)
);
select pg_catalog.pg_extension_config_dump('pgtle.recorded', '');

create function pgtle.install_extension(name text, version text, description text, ext text, requires text[] default null)
    returns boolean language plpgsql set search_path = '' as $$
begin
    if exists (select from pgtle.recorded where recorded.name = install_extension.name) then
        raise exception 'extension "%" already installed', name;
    end if;
    insert into pgtle.recorded values (name, version, description, ext, requires, true);
    return true;
end
$$;

create function pgtle.install_extension_version_sql(name text, version text, ext text) returns boolean language sql set search_path = '' as $$
    insert into pgtle.recorded select name, version, null, ext, null, false returning true
$$;

create function pgtle.install_update_path(name text, fromvers text, tovers text, ext text) returns boolean language sql set search_path = '' as $$
    insert into pgtle.recorded select name, fromvers || '--' || tovers, null, ext, null, false returning true
$$;

create function pgtle.set_default_version(name text, version text) returns boolean language sql set search_path = '' as $$
    update pgtle.recorded set is_default = recorded.version = set_default_version.version where recorded.name = set_default_version.name;
    select true
$$;

create function pgtle.uninstall_extension(extname text) returns boolean language plpgsql set search_path = '' as $$
begin
    delete from pgtle.recorded where recorded.name = extname;
    if not found then
        raise exception 'Extension % does not exist', extname;
    end if;
    return true;
end
$$;

create function pgtle.uninstall_extension(extname text, version text) returns boolean language sql set search_path = '' as $$
    delete from pgtle.recorded where recorded.name = extname and recorded.version = uninstall_extension.version;
    select true
$$;

create function pgtle.uninstall_extension_if_exists(extname text) returns boolean language plpgsql set search_path = '' as $$
begin
    delete from pgtle.recorded where recorded.name = extname;
    return found;
end
$$;

create function pgtle.available_extensions() returns table (name name, default_version text, comment text) language sql set search_path = '' as $$
    select name, version, description from pgtle.recorded where is_default
$$;

grant usage on schema pgtle to public;
grant select on pgtle.recorded to public;
grant all on pgtle.recorded to pgtle_admin;
grant pgtle_admin to postgres;
