-- The table that says who holds the locks of a server's databases. May be run again.
do $create$
declare
    outsider text;
begin
    create table if not exists supabase_deploy.lock_owner (
        database text primary key,
        who text not null,
        machine text not null,
        process_id integer not null,
        since timestamptz not null,
        why text not null,
        backend_pid integer not null
    );
    revoke all on schema supabase_deploy from public;
    revoke all on supabase_deploy.lock_owner from public;
    for outsider in select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
        execute format('revoke all on schema supabase_deploy from %I', outsider);
        execute format('revoke all on supabase_deploy.lock_owner from %I', outsider);
    end loop;
    -- A superuser may come first; the migrating role must be able to follow.
    if exists (select from pg_roles where rolname = 'postgres') then
        grant usage, create on schema supabase_deploy to postgres;
        grant select, insert, update, delete on supabase_deploy.lock_owner to postgres;
    end if;
end
$create$;
