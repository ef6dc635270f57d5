-- Assignments, what students hand in, and the grades they get for it. A grade is a row of its own,
-- so that who may hand in and who may grade are two policies and not one with exceptions.

create table public.assignments (
    id         uuid primary key default gen_random_uuid(),
    tenant_id  uuid not null,
    course_id  uuid not null,
    title      text not null check (length(title) between 1 and 200),
    points     integer not null check (points > 0),
    due_at     timestamptz,
    created_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, course_id) references public.courses (tenant_id, id) on delete cascade
);
create index assignments_course_idx on public.assignments (tenant_id, course_id);
create index assignments_course_id_idx on public.assignments (course_id);

create table public.submissions (
    id            uuid primary key default gen_random_uuid(),
    tenant_id     uuid not null,
    assignment_id uuid not null,
    student_id    uuid not null,
    content       text not null default '',
    submitted_at  timestamptz not null default now(),
    unique (tenant_id, id),
    unique (assignment_id, student_id),
    foreign key (tenant_id, assignment_id) references public.assignments (tenant_id, id) on delete cascade,
    foreign key (tenant_id, student_id) references public.members (tenant_id, user_id) on delete cascade
);
create index submissions_assignment_idx on public.submissions (tenant_id, assignment_id);
create index submissions_student_idx on public.submissions (tenant_id, student_id);
create index submissions_student_id_idx on public.submissions (student_id);

create table public.grades (
    submission_id uuid primary key,
    tenant_id     uuid not null,
    grader_id     uuid,
    points        integer not null check (points >= 0),
    feedback      text not null default '',
    graded_at     timestamptz not null default now(),
    foreign key (tenant_id, submission_id) references public.submissions (tenant_id, id) on delete cascade,
    foreign key (tenant_id, grader_id) references public.members (tenant_id, user_id) on delete set null (grader_id)
);
create index grades_submission_idx on public.grades (tenant_id, submission_id);
create index grades_grader_idx on public.grades (tenant_id, grader_id);

revoke all on public.assignments, public.submissions, public.grades from anon, authenticated, service_role;
grant select, insert, update, delete on public.assignments, public.submissions, public.grades to authenticated, service_role;

alter table public.assignments enable row level security;
alter table public.submissions enable row level security;
alter table public.grades enable row level security;

create policy "participants see assignments" on public.assignments
    for select to authenticated
    using (course_id in (select private.readable_course_ids()));
create policy "teachers keep assignments" on public.assignments
    for all to authenticated
    using (tenant_id in (select private.tenant_ids_as('{owner,teacher}')))
    with check (tenant_id in (select private.tenant_ids_as('{owner,teacher}')));

create policy "students see what they handed in, teachers see all" on public.submissions
    for select to authenticated
    using (student_id = (select auth.uid()) or tenant_id in (select private.tenant_ids_as('{owner,teacher}')));
create policy "students hand in" on public.submissions
    for insert to authenticated
    with check (student_id = (select auth.uid()) and assignment_id in (select a.id from public.assignments a));
create policy "students correct what they handed in" on public.submissions
    for update to authenticated
    using (student_id = (select auth.uid()))
    with check (student_id = (select auth.uid()) and assignment_id in (select a.id from public.assignments a));
create policy "teachers delete submissions" on public.submissions
    for delete to authenticated
    using (tenant_id in (select private.tenant_ids_as('{owner,teacher}')));

-- Row-level security on submissions decides whose grades the caller sees.
create policy "students see their grades" on public.grades
    for select to authenticated
    using (submission_id in (select s.id from public.submissions s));
create policy "teachers grade" on public.grades
    for all to authenticated
    using (tenant_id in (select private.tenant_ids_as('{owner,teacher}')))
    with check (tenant_id in (select private.tenant_ids_as('{owner,teacher}')));
