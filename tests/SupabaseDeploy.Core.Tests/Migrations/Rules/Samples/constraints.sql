alter table public.posts add constraint short_title check (char_length(title) < 200);
alter table public.posts add constraint posts_author foreign key (author_id) references public.people (id);
alter table public.posts add constraint later check (stars > 0) not valid;
alter table public.posts add constraint one_title unique (title);
alter table public.posts add primary key (id);
alter table public.posts add constraint one_slug unique using index posts_slug;
