do $$
begin
  if not exists (select from pg_indexes where indexname = 'posts_author') then
    create index posts_author on public.posts (author_id);
  end if;
  alter table public.posts drop column title;
end
$$;
