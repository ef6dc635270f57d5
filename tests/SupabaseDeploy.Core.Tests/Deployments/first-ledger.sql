-- The ledger: what was deployed to the environment whose database this is. Finished rows are never changed.
create table supabase_deploy.releases (
    id text primary key check (id ~ '^[0-9a-f]{64}$'),
    application text not null,
    manifest text not null,
    created_at timestamptz not null
);

create table supabase_deploy.deployments (
    id uuid primary key,
    number integer not null unique,
    kind text not null check (kind in ('Publish', 'Rollback', 'Restore')),
    status text not null check (status in ('Running', 'Succeeded', 'RolledBack', 'Failed', 'Interrupted')),
    release_id text references supabase_deploy.releases,
    previous_release_id text references supabase_deploy.releases,
    changed boolean not null default false,
    reason text,
    lockout text,
    requested_by text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    plan text not null,
    check ((status = 'Running') = (finished_at is null))
);

create table supabase_deploy.steps (
    deployment_id uuid not null references supabase_deploy.deployments,
    position integer not null,
    name text not null,
    status text not null check (status in ('Running', 'Succeeded', 'Failed')),
    started_at timestamptz not null,
    finished_at timestamptz,
    message text,
    primary key (deployment_id, position)
);

create table supabase_deploy.evidence (
    sequence bigint primary key,
    kind text not null,
    release_id text not null,
    environment text not null,
    passed boolean not null,
    deployment_id uuid,
    content text not null,
    recorded_at timestamptz not null,
    previous_hash text not null,
    hash text not null unique
);


create function supabase_deploy.refuse_change() returns trigger
    language plpgsql
    set search_path = ''
as $$
begin
    -- Only what still runs may change, and only by going on.
    if tg_op = 'UPDATE' and tg_table_name in ('deployments', 'steps') then
        if to_jsonb(old) ->> 'status' = 'Running' then
            return new;
        end if;
    end if;
    raise exception 'supabase_deploy.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;

create trigger append_only before update or delete on supabase_deploy.releases for each row execute function supabase_deploy.refuse_change();
create trigger append_only before update or delete on supabase_deploy.deployments for each row execute function supabase_deploy.refuse_change();
create trigger append_only before update or delete on supabase_deploy.steps for each row execute function supabase_deploy.refuse_change();
create trigger append_only before update or delete on supabase_deploy.evidence for each row execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.releases for each statement execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.deployments for each statement execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.steps for each statement execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.evidence for each statement execute function supabase_deploy.refuse_change();

-- The API roles have no business here, whatever the database's default privileges grant them.
do $revoke$
declare
    outsider text;
begin
    revoke all on schema supabase_deploy from public;
    revoke all on all tables in schema supabase_deploy from public;
    revoke all on all functions in schema supabase_deploy from public;
    for outsider in select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
        execute pg_catalog.format('revoke all on schema supabase_deploy from %I', outsider);
        execute pg_catalog.format('revoke all on all tables in schema supabase_deploy from %I', outsider);
        execute pg_catalog.format('revoke all on all functions in schema supabase_deploy from %I', outsider);
    end loop;
end
$revoke$;
