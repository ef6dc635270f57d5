create tabel public.posts (id int);
