-- What the Storage service has besides buckets and objects: kinds of buckets, listing and searching, and what earlier versions of it left in
-- projects, which schemas that were pulled from those name.
do $$
begin
    if to_regtype('storage.buckettype') is null then
        create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');
        alter type storage.buckettype owner to supabase_storage_admin;
    end if;
end
$$;

alter table storage.buckets add column if not exists type storage.buckettype not null default 'STANDARD';

create table if not exists storage.buckets_analytics (
    name       text not null,
    type       storage.buckettype not null default 'ANALYTICS',
    format     text not null default 'ICEBERG',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    id         uuid not null default gen_random_uuid(),
    deleted_at timestamptz,
    constraint buckets_analytics_pkey primary key (id)
);
create unique index if not exists buckets_analytics_unique_name_idx on storage.buckets_analytics (name) where deleted_at is null;

create table if not exists storage.iceberg_namespaces (
    id          uuid not null default gen_random_uuid(),
    bucket_name text not null,
    name        text not null collate "C",
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    metadata    jsonb not null default '{}',
    catalog_id  uuid references storage.buckets_analytics (id) on delete cascade,
    constraint iceberg_namespaces_pkey primary key (id)
);
create unique index if not exists idx_iceberg_namespaces_bucket_id on storage.iceberg_namespaces (catalog_id, name);

create table if not exists storage.iceberg_tables (
    id              uuid not null default gen_random_uuid(),
    namespace_id    uuid not null references storage.iceberg_namespaces (id) on delete cascade,
    bucket_name     text not null,
    name            text not null collate "C",
    location        text not null,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    remote_table_id text,
    shard_key       text,
    shard_id        text,
    catalog_id      uuid references storage.buckets_analytics (id) on delete cascade,
    constraint iceberg_tables_pkey primary key (id)
);

create table if not exists storage.buckets_vectors (
    id         text not null,
    type       storage.buckettype not null default 'VECTOR',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint buckets_vectors_pkey primary key (id)
);

create table if not exists storage.vector_indexes (
    id                     text not null default gen_random_uuid(),
    name                   text not null collate "C",
    bucket_id              text not null references storage.buckets_vectors (id),
    data_type              text not null,
    dimension              integer not null,
    distance_metric        text not null,
    metadata_configuration jsonb,
    created_at             timestamptz not null default now(),
    updated_at             timestamptz not null default now(),
    constraint vector_indexes_pkey primary key (id)
);

create or replace function storage.get_level(name text) returns integer language sql immutable strict as $$
    select array_length(string_to_array(name, '/'), 1)
$$;

-- Kept empty: the Storage service filled it for a while.
create table if not exists storage.prefixes (
    bucket_id  text not null references storage.buckets (id),
    name       text not null collate "C",
    level      integer generated always as (storage.get_level(name)) stored not null,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    constraint prefixes_pkey primary key (bucket_id, level, name)
);

create or replace function storage.get_prefix(name text) returns text language sql immutable strict as $$
    select case when strpos(name, '/') > 0 then regexp_replace(name, '[/][^/]+/?$', '') else '' end
$$;

create or replace function storage.get_prefixes(name text) returns text[] language sql immutable strict as $$
    select coalesce(array_agg(array_to_string(part[1:level], '/') order by level), '{}')
    from (select string_to_array(name, '/') as part) as parts, generate_series(1, array_length(part, 1) - 1) as level
$$;

create or replace function storage.operation() returns text language plpgsql stable as $$
begin
    return current_setting('storage.operation', true);
end
$$;

create or replace function storage.allow_any_operation(expected_operations text[]) returns boolean language sql stable as $$
    select coalesce(bool_or(expected <> '' and regexp_replace(expected, '^storage\.', '') = regexp_replace(storage.operation(), '^storage\.', '')), false)
    from unnest(expected_operations) as expected
$$;

create or replace function storage.allow_only_operation(expected_operation text) returns boolean language sql stable as $$
    select storage.allow_any_operation(array[expected_operation])
$$;

create or replace function storage.can_insert_object(bucketid text, name text, owner uuid, metadata jsonb) returns void language plpgsql as $$
begin
    insert into storage.objects (bucket_id, name, owner, metadata) values (bucketid, name, owner, metadata);
    -- The row was only to be tried.
    raise sqlstate 'PT200' using message = 'ROLLBACK', detail = 'rollback successful insert';
end
$$;

-- Folders and files of one level below a prefix.
create or replace function storage.search(
    prefix text, bucketname text, limits integer default 100, levels integer default 1, offsets integer default 0,
    search text default '', sortcolumn text default 'name', sortorder text default 'asc')
    returns table (name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz, metadata jsonb)
    language plpgsql stable as $$
begin
    return query execute format(
        $query$
        with entries as (
            select path_tokens[$1] as entry, objects.id, objects.updated_at, objects.created_at, objects.last_accessed_at, objects.metadata,
                   array_length(path_tokens, 1) <> $1 as is_folder
            from storage.objects
            where objects.name ilike $2 || $3 || '%%' and bucket_id = $4)
        (select entry as name, null::uuid, null::timestamptz, null::timestamptz, null::timestamptz, null::jsonb
         from entries where is_folder group by entry order by entry %1$s)
        union all
        (select entry, id, updated_at, created_at, last_accessed_at, metadata from entries where not is_folder order by %2$s %1$s)
        limit $5 offset $6
        $query$,
        case when lower(sortorder) = 'desc' then 'desc' else 'asc' end,
        case when sortcolumn in ('updated_at', 'created_at', 'last_accessed_at') then quote_ident(sortcolumn) else 'entry' end)
        using levels, prefix, search, bucketname, limits, offsets;
end
$$;

-- A delete in SQL would leave the file; the service's triggers that call this are not made here, where there are no files.
create or replace function storage.protect_delete() returns trigger language plpgsql as $$
begin
    if coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' then
        raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.' using
            errcode = '42501', hint = 'This prevents accidental data loss from orphaned objects.';
    end if;
    return null;
end
$$;

create or replace function storage.enforce_bucket_name_length() returns trigger language plpgsql as $$
begin
    if length(new.name) > 100 then
        raise exception 'bucket name "%" is too long (% characters). Max is 100.', new.name, length(new.name);
    end if;
    return new;
end
$$;

-- Functions that kept storage.prefixes. Schemas that were pulled while they were there make or drop triggers with them.
do $$
declare
    trigger_function text;
begin
    foreach trigger_function in array array[
        'objects_insert_prefix_trigger', 'objects_update_prefix_trigger', 'objects_update_level_trigger', 'prefixes_insert_trigger',
        'delete_prefix_hierarchy_trigger', 'objects_delete_cleanup', 'objects_update_cleanup', 'prefixes_delete_cleanup'
    ] loop
        execute format(
            'create or replace function storage.%I() returns trigger language plpgsql as $body$ begin return coalesce(new, old); end $body$', trigger_function);
    end loop;
end
$$;

do $$
declare
    relation regclass;
    routine regprocedure;
begin
    for relation in select oid::regclass from pg_class where relnamespace = 'storage'::regnamespace and relkind = 'r'
        and relowner = 'supabase_admin'::regrole
    loop
        execute format('alter table %s owner to supabase_storage_admin', relation);
        execute format('alter table %s enable row level security', relation);
        execute format('grant all on %s to postgres, service_role', relation);
        execute format('grant select on %s to anon, authenticated', relation);
    end loop;
    for routine in select oid::regprocedure from pg_proc where pronamespace = 'storage'::regnamespace
        and proowner = 'supabase_admin'::regrole
    loop
        execute format('alter function %s owner to supabase_storage_admin', routine);
        execute format('grant all on function %s to postgres, anon, authenticated, service_role, dashboard_user', routine);
    end loop;
end
$$;
grant all on storage.prefixes, storage.buckets_analytics to anon, authenticated;
