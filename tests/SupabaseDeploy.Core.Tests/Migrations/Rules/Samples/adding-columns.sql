alter table public.posts add column category text not null;
alter table public.posts add column stars int not null default 0;
alter table public.posts add column public_id uuid default gen_random_uuid();
alter table public.posts add column seen_at timestamptz default now();
alter table public.posts add column number bigserial;
alter table public.posts add column words int generated always as (length(title)) stored;
alter table public.posts add column editor_id uuid references auth.users (id);
alter table public.posts add column slug text unique;
alter table public.posts add column rating int check (rating > 0);
