create or replace function public.rls_auto_enable() returns event_trigger language plpgsql security definer set search_path = pg_catalog as $$
declare
    made record;
begin
    for made in select * from pg_event_trigger_ddl_commands() where command_tag = 'CREATE TABLE' and schema_name = 'public' loop
        execute format('alter table %s enable row level security', made.object_identity);
    end loop;
end
$$;
drop event trigger if exists ensure_rls;
create event trigger ensure_rls on ddl_command_end when tag in ('CREATE TABLE') execute function public.rls_auto_enable();
create table public.born_secure (id int);
do $$
begin
    if not (select relrowsecurity from pg_class where oid = 'public.born_secure'::regclass) then
        raise exception 'the event trigger did not run';
    end if;
end
$$;
drop event trigger ensure_rls;
