create table public.letters (
  id serial primary key,
  code char(2),
  title varchar(80),
  sent_at timestamp,
  pages int,
  rank smallint
);
create index letters_title on public.letters (title);
alter table public.letters add column author_id uuid not null;
alter table public.letters add constraint letters_author foreign key (author_id) references auth.users (id);
alter table public.letters alter column title type text;
