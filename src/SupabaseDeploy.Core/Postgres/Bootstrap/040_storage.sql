-- Schema storage as the Storage service keeps it: buckets and objects with the functions that policies use.
-- No Storage service is started from this: files themselves are not here, and its own history (storage.migrations) stays empty.
create table if not exists storage.buckets (
    id                 text not null,
    name               text not null,
    owner              uuid,
    created_at         timestamptz default now(),
    updated_at         timestamptz default now(),
    public             boolean default false,
    avif_autodetection boolean default false,
    file_size_limit    bigint,
    allowed_mime_types text[],
    owner_id           text,
    constraint buckets_pkey primary key (id)
);
create unique index if not exists bname on storage.buckets (name);
comment on column storage.buckets.owner is 'Field is deprecated, use owner_id instead';

create table if not exists storage.objects (
    id               uuid not null default gen_random_uuid(),
    bucket_id        text,
    name             text,
    owner            uuid,
    created_at       timestamptz default now(),
    updated_at       timestamptz default now(),
    last_accessed_at timestamptz default now(),
    metadata         jsonb,
    path_tokens      text[] generated always as (string_to_array(name, '/')) stored,
    version          text,
    owner_id         text,
    user_metadata    jsonb,
    constraint objects_pkey primary key (id),
    constraint "objects_bucketId_fkey" foreign key (bucket_id) references storage.buckets (id)
);
create unique index if not exists bucketid_objname on storage.objects (bucket_id, name);
create index if not exists name_prefix_search on storage.objects (name text_pattern_ops);
comment on column storage.objects.owner is 'Field is deprecated, use owner_id instead';

create table if not exists storage.s3_multipart_uploads (
    id               text not null,
    in_progress_size bigint not null default 0,
    upload_signature text not null,
    bucket_id        text not null references storage.buckets (id),
    key              text not null collate "C",
    version          text not null,
    owner_id         text,
    created_at       timestamptz not null default now(),
    user_metadata    jsonb,
    constraint s3_multipart_uploads_pkey primary key (id)
);
create index if not exists idx_multipart_uploads_list on storage.s3_multipart_uploads (bucket_id, key, created_at);

create table if not exists storage.s3_multipart_uploads_parts (
    id          uuid not null default gen_random_uuid(),
    upload_id   text not null references storage.s3_multipart_uploads (id) on delete cascade,
    size        bigint not null default 0,
    part_number integer not null,
    bucket_id   text not null references storage.buckets (id),
    key         text not null collate "C",
    etag        text not null,
    owner_id    text,
    version     text not null,
    created_at  timestamptz not null default now(),
    constraint s3_multipart_uploads_parts_pkey primary key (id)
);

create table if not exists storage.migrations (
    id          integer not null,
    name        varchar(100) not null unique,
    hash        varchar(40) not null,
    executed_at timestamp default current_timestamp,
    constraint migrations_pkey primary key (id)
);

create or replace function storage.foldername(name text) returns text[] language plpgsql immutable as $$
declare
    parts text[] := string_to_array(name, '/');
begin
    return parts[1:array_length(parts, 1) - 1];
end
$$;

create or replace function storage.filename(name text) returns text language plpgsql immutable as $$
declare
    parts text[] := string_to_array(name, '/');
begin
    return parts[array_length(parts, 1)];
end
$$;

create or replace function storage.extension(name text) returns text language plpgsql immutable as $$
begin
    return reverse(split_part(reverse(storage.filename(name)), '.', 1));
end
$$;

create or replace function storage.get_size_by_bucket() returns table (size bigint, bucket_id text) language sql stable as $$
    select sum((metadata ->> 'size')::bigint)::bigint, objects.bucket_id from storage.objects group by objects.bucket_id
$$;

create or replace function storage.update_updated_at_column() returns trigger language plpgsql as $$
begin
    new.updated_at = now();
    return new;
end
$$;

create or replace trigger update_objects_updated_at before update on storage.objects
    for each row execute function storage.update_updated_at_column();

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
    end loop;
    for routine in select oid::regprocedure from pg_proc where pronamespace = 'storage'::regnamespace
        and proowner = 'supabase_admin'::regrole
    loop
        execute format('alter function %s owner to supabase_storage_admin', routine);
    end loop;
end
$$;

-- What a client may do with a row is decided by policies; there are none until a migration creates them.
grant all on storage.buckets, storage.objects to postgres, anon, authenticated, service_role;
grant all on storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts to service_role;
grant select on storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts to anon, authenticated;
grant all on all routines in schema storage to postgres, anon, authenticated, service_role, dashboard_user;
grant all on all sequences in schema storage to dashboard_user;
alter default privileges for role postgres in schema storage grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema storage grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema storage grant all on sequences to postgres, anon, authenticated, service_role;
