drop table public.grades;
drop table public.submissions;
drop table public.assignments;
