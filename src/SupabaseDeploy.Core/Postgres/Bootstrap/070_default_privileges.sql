-- What the API roles get on new objects in public. Supabase's local stack grants everything and leaves the rest to row-level security;
-- hosted projects stopped granting on 2026-10-30. Which of the two is said by supabase_deploy.grant_new_public_objects.
do $$
declare
    api_roles constant text := 'anon, authenticated, service_role';
    creator text;
    kind text;
begin
    foreach creator in array array['postgres', 'supabase_admin'] loop
        foreach kind in array array['tables', 'functions', 'sequences'] loop
            execute format('alter default privileges for role %I in schema public grant all on %s to postgres', creator, kind);
            if current_setting('supabase_deploy.grant_new_public_objects', true) = 'off' then
                execute format('alter default privileges for role %I in schema public revoke all on %s from %s', creator, kind, api_roles);
            else
                execute format('alter default privileges for role %I in schema public grant all on %s to %s', creator, kind, api_roles);
            end if;
        end loop;
    end loop;
end
$$;
