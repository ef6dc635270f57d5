create table public.letters (id bigint generated always as identity primary key, title varchar(80));
alter table public.letters alter column title type varchar(120);
