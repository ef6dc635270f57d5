alter table public.posts add constraint title_not_null check (title is not null) not valid;
alter table public.posts validate constraint title_not_null;
alter table public.posts alter column title set not null;
