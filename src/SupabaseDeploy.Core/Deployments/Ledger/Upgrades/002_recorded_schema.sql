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
    objects bytea not null
);

do $revoke$
declare
    outsider text;
begin
    revoke all on supabase_deploy.recorded_schema from public;
    for outsider in select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
        execute pg_catalog.format('revoke all on supabase_deploy.recorded_schema from %I', outsider);
    end loop;
end
$revoke$;
