begin;
begin;
create index concurrently posts_author on public.posts (author_id);
