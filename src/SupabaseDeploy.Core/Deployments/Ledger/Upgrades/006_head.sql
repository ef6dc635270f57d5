-- The last row of the chain of evidence: the chain alone does not show that its end is gone.
lock table supabase_deploy.evidence in share row exclusive mode;

create table supabase_deploy.evidence_head (
    id boolean primary key default true check (id),
    sequence bigint not null,
    hash text not null
);

insert into supabase_deploy.evidence_head (sequence, hash) select sequence, hash from supabase_deploy.evidence order by sequence desc limit 1;

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

create or replace function supabase_deploy.refuse_change() returns trigger
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

create trigger head after insert on supabase_deploy.evidence for each row execute function supabase_deploy.remember_head();
create trigger append_only before update or delete on supabase_deploy.evidence_head for each row execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.evidence_head for each statement execute function supabase_deploy.refuse_change();

do $revoke$
declare
    outsider text;
begin
    revoke all on supabase_deploy.evidence_head from public;
    revoke all on function supabase_deploy.remember_head() from public;
    for outsider in select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
        execute pg_catalog.format('revoke all on supabase_deploy.evidence_head from %I', outsider);
        execute pg_catalog.format('revoke all on function supabase_deploy.remember_head() from %I', outsider);
    end loop;
end
$revoke$;
