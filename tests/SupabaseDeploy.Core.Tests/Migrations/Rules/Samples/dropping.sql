drop table public.posts;
drop table if exists public.tags cascade;
drop view public.titles cascade;
truncate public.logs;
truncate public.visits cascade;
drop database analytics;
