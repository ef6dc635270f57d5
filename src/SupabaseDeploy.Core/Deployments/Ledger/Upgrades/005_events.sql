-- What happened in a deployment besides its steps: warnings, pauses, decisions, what was lost.
create table supabase_deploy.events (
    sequence bigint primary key,
    deployment_id uuid not null references supabase_deploy.deployments,
    kind text not null,
    message text not null,
    recorded_by text not null,
    recorded_at timestamptz not null
);


create trigger append_only before update or delete on supabase_deploy.events for each row execute function supabase_deploy.refuse_change();
create trigger append_only_whole before truncate on supabase_deploy.events for each statement execute function supabase_deploy.refuse_change();

do $revoke$
declare
    outsider text;
begin
    revoke all on supabase_deploy.events from public;
    for outsider in select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
        execute pg_catalog.format('revoke all on supabase_deploy.events from %I', outsider);
    end loop;
end
$revoke$;
