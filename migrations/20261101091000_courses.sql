-- Courses, their lessons and videos, and who is enrolled. The tenant is part of every foreign key,
-- so that a row can never point into another tenant, whatever a policy says.

create table public.courses (
    id           uuid primary key default gen_random_uuid(),
    tenant_id    uuid not null references public.tenants (id) on delete cascade,
    title        text not null check (length(title) between 1 and 200),
    description  text not null default '',
    published_at timestamptz,
    created_at   timestamptz not null default now(),
    unique (tenant_id, id)
);
create index courses_published_idx on public.courses (tenant_id, published_at);

create table public.lessons (
    id        uuid primary key default gen_random_uuid(),
    tenant_id uuid not null,
    course_id uuid not null,
    position  integer not null check (position > 0),
    title     text not null check (length(title) between 1 and 200),
    body      text not null default '',
    unique (tenant_id, id),
    unique (course_id, position),
    foreign key (tenant_id, course_id) references public.courses (tenant_id, id) on delete cascade
);
create index lessons_course_idx on public.lessons (tenant_id, course_id);

create table public.videos (
    id           uuid primary key default gen_random_uuid(),
    tenant_id    uuid not null,
    lesson_id    uuid not null,
    storage_path text not null,
    duration     interval not null check (duration > interval '0'),
    unique (tenant_id, storage_path),
    foreign key (tenant_id, lesson_id) references public.lessons (tenant_id, id) on delete cascade
);
create index videos_lesson_idx on public.videos (tenant_id, lesson_id);
create index videos_lesson_id_idx on public.videos (lesson_id);

create table public.enrolments (
    tenant_id   uuid not null,
    course_id   uuid not null,
    user_id     uuid not null,
    enrolled_at timestamptz not null default now(),
    primary key (course_id, user_id),
    foreign key (tenant_id, course_id) references public.courses (tenant_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references public.members (tenant_id, user_id) on delete cascade
);
create index enrolments_course_idx on public.enrolments (tenant_id, course_id);
create index enrolments_user_idx on public.enrolments (tenant_id, user_id);
create index enrolments_user_id_idx on public.enrolments (user_id, course_id);

-- The courses whose content the caller may read: where they are enrolled, and all of a tenant they teach in.
create function private.readable_course_ids() returns setof uuid
    language sql stable security definer set search_path = '' rows 50
    as $$
        select e.course_id from public.enrolments e where e.user_id = (select auth.uid())
        union
        select c.id from public.courses c where c.tenant_id in (select private.tenant_ids_as('{owner,teacher}'))
    $$;
revoke execute on function private.readable_course_ids() from public;
grant execute on function private.readable_course_ids() to authenticated, service_role;

revoke all on public.courses, public.lessons, public.videos, public.enrolments from anon, authenticated, service_role;
grant select, insert, update, delete on public.courses, public.lessons, public.videos to authenticated;
grant select, insert, delete on public.enrolments to authenticated;
grant select, insert, update, delete on public.courses, public.lessons, public.videos, public.enrolments to service_role;

alter table public.courses enable row level security;
alter table public.lessons enable row level security;
alter table public.videos enable row level security;
alter table public.enrolments enable row level security;

create policy "members see published courses" on public.courses
    for select to authenticated
    using (published_at is not null and tenant_id in (select private.tenant_ids()));
create policy "teachers keep courses" on public.courses
    for all to authenticated
    using (tenant_id in (select private.tenant_ids_as('{owner,teacher}')))
    with check (tenant_id in (select private.tenant_ids_as('{owner,teacher}')));

create policy "participants see lessons" on public.lessons
    for select to authenticated
    using (course_id in (select private.readable_course_ids()));
create policy "teachers keep lessons" on public.lessons
    for all to authenticated
    using (tenant_id in (select private.tenant_ids_as('{owner,teacher}')))
    with check (tenant_id in (select private.tenant_ids_as('{owner,teacher}')));

-- Row-level security on lessons decides which of them the caller sees here.
create policy "participants see videos" on public.videos
    for select to authenticated
    using (lesson_id in (select l.id from public.lessons l));
create policy "teachers keep videos" on public.videos
    for all to authenticated
    using (tenant_id in (select private.tenant_ids_as('{owner,teacher}')))
    with check (tenant_id in (select private.tenant_ids_as('{owner,teacher}')));

create policy "members see their own enrolments" on public.enrolments
    for select to authenticated
    using (user_id = (select auth.uid()));
create policy "members enrol themselves in what they can see" on public.enrolments
    for insert to authenticated
    with check (user_id = (select auth.uid()) and course_id in (select c.id from public.courses c));
create policy "members leave courses" on public.enrolments
    for delete to authenticated
    using (user_id = (select auth.uid()));
create policy "teachers keep enrolments" on public.enrolments
    for all to authenticated
    using (tenant_id in (select private.tenant_ids_as('{owner,teacher}')))
    with check (tenant_id in (select private.tenant_ids_as('{owner,teacher}')));
