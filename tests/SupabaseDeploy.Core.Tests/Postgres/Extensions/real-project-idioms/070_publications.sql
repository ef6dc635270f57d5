-- As projects have every table in Realtime: they replace the platform's publication, which postgres may do there.
begin;
drop publication if exists supabase_realtime;
create publication supabase_realtime for all tables;
commit;
create publication "of ""one"" schema" for tables in schema public with (publish = 'insert');
create publication growing;
alter publication growing add tables in schema storage;
alter publication supabase_realtime set (publish = 'insert, update');

do $$
begin
    if (select count(*) from pg_publication where pubowner = 'postgres'::regrole and pubname in ('supabase_realtime', 'of "one" schema', 'growing')) <> 3 then
        raise exception 'a publication is not that of postgres';
    end if;
    if (select rolsuper from pg_roles where rolname = 'postgres') then
        raise exception 'postgres is a superuser still';
    end if;
end
$$;
drop publication "of ""one"" schema";
