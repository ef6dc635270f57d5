-- On the platform the supautils library runs some statements of postgres with the rights of supabase_admin. Statements of a migration that
-- need it come here in one piece; names in them are found on the caller's search path.
create or replace function extensions.run_as_platform(statement text) returns void language plpgsql security definer as $$
begin
    if statement !~* '^\s*((create|alter|drop)\s+event\s+trigger|alter\s+extension|(create|alter)\s+(publication|role|user)|create\s+foreign\s+data\s+wrapper)\M'
        or statement ~* '^\s*(create|alter)\s+(role|user)\M.*\m(superuser|supabase_admin)\M'
    then
        raise exception 'only event triggers, extensions, publications, foreign-data wrappers and roles that are no superusers are changed with the rights of the platform, not: %', left(statement, 100)
            using errcode = 'insufficient_privilege';
    end if;
    -- Event triggers, publications of all tables and foreign-data wrappers belong to postgres there, which a server allows to superusers only: postgres is one until
    -- the statement has ended, and nobody else sees it.
    if statement ~* '^\s*alter\s+event\s+trigger\M.*\mowner\s+to\s+"?postgres"?\s*$' then
        alter role postgres superuser;
        execute statement;
        alter role postgres nosuperuser;
    elsif statement ~* '^\s*create\s+publication\M' then
        execute statement;
        alter role postgres superuser;
        execute format('alter publication %s owner to postgres', (regexp_match(statement, '^\s*create\s+publication\s+("(?:[^"]|"")+"|\S+)', 'i'))[1]);
        alter role postgres nosuperuser;
    elsif statement ~* '^\s*create\s+foreign\M' then
        execute statement;
        alter role postgres superuser;
        execute format('alter foreign data wrapper %s owner to postgres', (regexp_match(statement, '^\s*create\s+foreign\s+data\s+wrapper\s+("(?:[^"]|"")+"|[^\s;]+)', 'i'))[1]);
        alter role postgres nosuperuser;
    else
        execute statement;
    end if;
end
$$;
comment on function extensions.run_as_platform(text) is 'Of the local database: supautils does this on the platform.';
revoke all on function extensions.run_as_platform(text) from public;
grant execute on function extensions.run_as_platform(text) to postgres;
