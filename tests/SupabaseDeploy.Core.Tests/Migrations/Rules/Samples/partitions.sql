alter table public.readings detach partition public.readings_2024;
cluster public.posts;
vacuum full public.posts;
