-- What belongs to the database as such. Neither a dump nor "create database … template" carries it, so this file is also run alone.
do $$
begin
    -- The owner of the database owns schema public (through pg_database_owner), so migrations can create in it.
    if (select datdba from pg_database where datname = current_database()) <> 'postgres'::regrole then
        execute format('alter database %I owner to postgres', current_database());
    end if;
    execute format('alter database %I set search_path = "$user", public, extensions', current_database());
    execute format('grant all on database %I to dashboard_user', current_database());
end
$$;
