update public.posts set title = trim(title);
delete from public.logs;
update public.posts set title = 'a', title = 'b' where id = 1;
