create index posts_author on public.posts (author_id);
drop index public.posts_title;
reindex table public.posts;
