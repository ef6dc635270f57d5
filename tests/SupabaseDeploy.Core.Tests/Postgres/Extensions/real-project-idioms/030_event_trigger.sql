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

-- As projects bring the dashboard's trigger along: only where it is missing.
do $$
begin
    if not exists (select from pg_event_trigger where evtname = 'ensure_rls') then
        create event trigger ensure_rls on ddl_command_end when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO')
            execute function public.rls_auto_enable();
    end if;
exception
    when duplicate_object then null;
end
$$;
alter event trigger ensure_rls owner to postgres;
create table public.kept_by_trigger (id int primary key);

do $do$
begin
    if not (select relrowsecurity from pg_class where oid = 'public.kept_by_trigger'::regclass) then
        raise exception 'the event trigger did not fire';
    end if;
    if (select rolsuper from pg_roles where rolname = 'postgres') then
        raise exception 'postgres has stayed a superuser';
    end if;
    execute $ddl$ drop event trigger ensure_rls $ddl$;
end
$do$;
