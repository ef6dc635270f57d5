create table public.staging (id bigint primary key);
drop table public.staging;
