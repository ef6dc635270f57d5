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

do $revoke$
declare
    outsider text;
begin
    revoke all on supabase_deploy.requests, supabase_deploy.approvals from public;
    for outsider in select rolname from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role') loop
        execute pg_catalog.format('revoke all on supabase_deploy.requests, supabase_deploy.approvals from %I', outsider);
    end loop;
end
$revoke$;
