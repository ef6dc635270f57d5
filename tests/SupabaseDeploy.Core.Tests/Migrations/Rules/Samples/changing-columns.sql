alter table public.posts alter column title type jsonb using to_jsonb(title);
alter table public.posts alter column title set not null;
alter table public.posts alter column title drop not null;
alter table public.posts rename column title to headline;
alter table public.posts rename to articles;
alter table public.articles drop column headline;
