-- The ledger: what was deployed to the environment whose database this is. Finished rows are never changed. What a ledger of an earlier version lacks of
-- this is in Upgrades.
create table supabase_deploy.releases (
    id text primary key check (id ~ '^[0-9a-f]{64}$'),
    application text not null,
    manifest text not null,
    created_at timestamptz not null
);

create table supabase_deploy.deployments (
    id uuid primary key,
    number integer not null unique,
    kind text not null check (kind in ('Publish', 'Rollback', 'Restore', 'Reset')),
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
    hash text not null
);

-- The database's schema as the last deployment that changed its migrations left it, so that drift can be told: one row, replaced.
create table supabase_deploy.recorded_schema (
    id boolean primary key default true check (id),
    deployment_id uuid not null references supabase_deploy.deployments,
    recorded_at timestamptz not null,
    -- What has to be the same for a comparison to mean anything: the reader's own text, the server's version, the migrations applied.
    reader text not null,
    server_version integer not null,
    history text not null,
    fingerprint text not null,
    -- Every object, compressed.
    objects bytea not null,
    -- What the catalog's rows looked like, so that a catalog that nobody has written to since need not be read. It speaks of the rows of this one
    -- database: a copy of the ledger goes without it.
    stamp text
);

-- Requests, approvals and overrides are evidence too, so that the chain covers them; these show them as tables.
create view supabase_deploy.requests as
    select sequence, release_id, environment, content::json ->> 'by' as requested_by, content::json ->> 'reason' as reason, recorded_at
    from supabase_deploy.evidence
    where kind = 'request';

create view supabase_deploy.approvals as
    select sequence, release_id, environment, passed as approved, content::json ->> 'by' as decided_by, content::json ->> 'source' as source,
        content::json ->> 'reason' as reason, recorded_at as decided_at, (content::json ->> 'expiresAt')::timestamptz as expires_at
    from supabase_deploy.evidence
    where kind = 'approval';

-- What happened in a deployment besides its steps: warnings, pauses, decisions, what was lost.
create table supabase_deploy.events (
    sequence bigint primary key,
    deployment_id uuid not null references supabase_deploy.deployments,
    kind text not null,
    message text not null,
    recorded_by text not null,
    recorded_at timestamptz not null
);

-- The last row of the chain of evidence: the chain alone does not show that its end is gone.
create table supabase_deploy.evidence_head (
    id boolean primary key default true check (id),
    sequence bigint not null,
    hash varchar(64) not null
);

create function supabase_deploy.remember_head() returns trigger
    language plpgsql
    set search_path = ''
as $$
begin
    -- A row that follows something else than the head leaves the head where it is, for whoever reads to find.
    insert into supabase_deploy.evidence_head as head (sequence, hash) values (new.sequence, new.hash)
    on conflict (id) do update set sequence = excluded.sequence, hash = excluded.hash where head.sequence = new.sequence - 1 and head.hash = new.previous_hash;
    return null;
end
$$;

create function supabase_deploy.refuse_change() returns trigger
    language plpgsql
    set search_path = ''
as $$
declare
    ending constant text[] := array['status', 'changed', 'reason', 'lockout', 'message', 'finished_at'];
begin
    -- Only what still runs may change, and only by ending; the head goes on.
    if tg_op = 'UPDATE' and tg_table_name in ('deployments', 'steps') then
        if to_jsonb(old) ->> 'status' = 'Running' and to_jsonb(old) - ending = to_jsonb(new) - ending then
            return new;
        end if;
    elsif tg_op = 'UPDATE' and tg_table_name = 'evidence_head' then
        if (to_jsonb(old) ->> 'sequence')::bigint < (to_jsonb(new) ->> 'sequence')::bigint then
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
create trigger append_only before update or delete on supabase_deploy.events for each row execute function supabase_deploy.refuse_change();
create trigger append_only before update or delete on supabase_deploy.evidence_head for each row execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.releases for each statement execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.deployments for each statement execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.steps for each statement execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.evidence for each statement execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.events for each statement execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.evidence_head for each statement execute function supabase_deploy.refuse_change();
create trigger head after insert on supabase_deploy.evidence for each row execute function supabase_deploy.remember_head();

-- The API roles have no business here, whatever the database's default privileges grant them.
do $revoke$
declare
    outsiders constant text := 'public' || coalesce(
        (select string_agg(format(', %I', rolname), '') from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role')), '');
begin
    execute 'revoke all on schema supabase_deploy from ' || outsiders;
    execute 'revoke all on all tables in schema supabase_deploy from ' || outsiders;
    execute 'revoke all on all functions in schema supabase_deploy from ' || outsiders;
end
$revoke$;
