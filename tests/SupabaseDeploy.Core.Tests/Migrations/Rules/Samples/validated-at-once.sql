alter table public.posts add constraint short_title check (char_length(title) < 200) not valid;
alter table public.posts validate constraint short_title;
