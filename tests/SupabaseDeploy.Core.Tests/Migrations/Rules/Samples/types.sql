create type public.mood as enum ('sad', 'happy');
alter type public.mood add value 'glad';
create domain public.short_text as text check (char_length(value) < 100);
alter domain public.short_text add constraint not_empty check (value <> '');
