drop table public.enrolments;
drop table public.videos;
drop table public.lessons;
drop table public.courses;
drop function private.readable_course_ids();
