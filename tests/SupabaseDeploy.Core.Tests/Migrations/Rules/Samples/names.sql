create index a_name_that_is_so_long_that_the_server_cuts_it_off_without_a_word_of_warning on public.posts (author_id);
create table unqualified (id bigint primary key);
