select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity
where datname = current_database() and application_name = $1 and usename = current_user and pid <> pg_backend_pid()
-- end of round trip
select a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'supabase_migrations' and c.relname = 'schema_migrations' and a.attnum > 0 and not a.attisdropped
-- end of round trip
do $create$
begin
    if to_regnamespace('supabase_migrations') is null then
        create schema supabase_migrations;
    end if;
    create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
    alter table supabase_migrations.schema_migrations add column if not exists statements text[];
    alter table supabase_migrations.schema_migrations add column if not exists name text;
end
$create$
-- end of round trip
select a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'supabase_migrations' and c.relname = 'schema_migrations' and a.attnum > 0 and not a.attisdropped
-- end of round trip
select version, name, null::text from supabase_migrations.schema_migrations order by version collate "C"
-- end of round trip
select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'supabase_migrations' and c.relname = 'unfinished_files')
-- end of round trip
reset all;
reset session authorization;
reset role;
set lock_timeout = 5000;
begin;
insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3);
create table a (id int);
insert into a values (1);
commit
-- end of round trip
reset all;
reset session authorization;
reset role
-- end of round trip
select i.indexrelid::regclass::text, i.indisvalid, exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid), pg_get_indexdef(i.indexrelid)
from pg_index i join pg_class c on c.oid = i.indexrelid
where i.indrelid = to_regclass($1) and c.relname = (parse_ident($2))[1]
-- end of round trip
create index concurrently ix on a (id)
-- end of round trip
reset all;
reset session authorization;
reset role;
set lock_timeout = 5000;
insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)
-- end of round trip
reset all;
reset session authorization;
reset role
-- end of round trip
select a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'supabase_migrations' and c.relname = 'schema_migrations' and a.attnum > 0 and not a.attisdropped
-- end of round trip
select version, name, null::text from supabase_migrations.schema_migrations order by version collate "C"
-- end of round trip
