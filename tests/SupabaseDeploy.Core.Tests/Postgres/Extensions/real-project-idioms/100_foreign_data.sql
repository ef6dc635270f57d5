-- As projects read another database: a wrapper of their own over an extension's functions, a server and its tables.
create extension if not exists postgres_fdw with schema extensions;
create foreign data wrapper "other ""courses""" handler extensions.postgres_fdw_handler validator extensions.postgres_fdw_validator;
create server courses_elsewhere foreign data wrapper "other ""courses""" options (host '127.0.0.1', dbname 'courses');
create user mapping for postgres server courses_elsewhere options (user 'reader', password 'secret');
alter user mapping for postgres server courses_elsewhere options (set password 'other');
create foreign table public.courses_elsewhere (id int, name text) server courses_elsewhere;

do $$
begin
    if (select count(*) from pg_foreign_data_wrapper where fdwname = 'other "courses"' and fdwowner = 'postgres'::regrole) <> 1 then
        raise exception 'the wrapper is not that of postgres';
    end if;
    if (select rolsuper from pg_roles where rolname = 'postgres') then
        raise exception 'postgres is a superuser still';
    end if;
end
$$;
drop foreign data wrapper "other ""courses""" cascade;
