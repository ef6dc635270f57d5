create extension if not exists pg_trgm;
create extension if not exists unaccent;
create extension if not exists moddatetime with schema public;
alter extension pg_trgm set schema extensions;
-- A comment in front.
alter extension unaccent set schema extensions;
alter extension moddatetime set schema extensions;
drop extension if exists pg_net;
create extension if not exists pg_net with schema extensions;

create table public.articles (id int primary key, title text, updated_at timestamptz default now());
create index articles_title on public.articles using gin (title gin_trgm_ops);
create trigger articles_updated before update on public.articles for each row execute procedure moddatetime(updated_at);
