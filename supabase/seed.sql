-- Two tenants that must never see each other. Every id is fixed and every insert may be repeated: a changed seed is run again.
-- In each id the first block says what it is, the last digit before the number which tenant: a… is Alpine Academy, b… is Baltic Business School.

insert into auth.users (id, instance_id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
select u.id, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', u.email, now(),
       '{"provider": "email", "providers": ["email"]}', jsonb_build_object('name', u.name), now(), now()
from (values
    ('11111111-0000-4000-8000-00000000a001'::uuid, 'olga@alpine.example',  'Olga Owner'),
    ('11111111-0000-4000-8000-00000000a002'::uuid, 'tom@alpine.example',   'Tom Teacher'),
    ('11111111-0000-4000-8000-00000000a003'::uuid, 'sara@alpine.example',  'Sara Student'),
    ('11111111-0000-4000-8000-00000000a004'::uuid, 'stefan@alpine.example', 'Stefan Student'),
    ('11111111-0000-4000-8000-00000000b001'::uuid, 'oskar@baltic.example', 'Oskar Owner'),
    ('11111111-0000-4000-8000-00000000b002'::uuid, 'tuuli@baltic.example', 'Tuuli Teacher'),
    ('11111111-0000-4000-8000-00000000b003'::uuid, 'sami@baltic.example',  'Sami Student')
) as u (id, email, name)
on conflict (id) do nothing;

insert into public.tenants (id, slug, name) values
    ('22222222-0000-4000-8000-00000000a000', 'alpine', 'Alpine Academy'),
    ('22222222-0000-4000-8000-00000000b000', 'baltic', 'Baltic Business School')
on conflict do nothing;

insert into public.members (tenant_id, user_id, role, display_name) values
    ('22222222-0000-4000-8000-00000000a000', '11111111-0000-4000-8000-00000000a001', 'owner',   'Olga Owner'),
    ('22222222-0000-4000-8000-00000000a000', '11111111-0000-4000-8000-00000000a002', 'teacher', 'Tom Teacher'),
    ('22222222-0000-4000-8000-00000000a000', '11111111-0000-4000-8000-00000000a003', 'student', 'Sara Student'),
    ('22222222-0000-4000-8000-00000000a000', '11111111-0000-4000-8000-00000000a004', 'student', 'Stefan Student'),
    ('22222222-0000-4000-8000-00000000b000', '11111111-0000-4000-8000-00000000b001', 'owner',   'Oskar Owner'),
    ('22222222-0000-4000-8000-00000000b000', '11111111-0000-4000-8000-00000000b002', 'teacher', 'Tuuli Teacher'),
    ('22222222-0000-4000-8000-00000000b000', '11111111-0000-4000-8000-00000000b003', 'student', 'Sami Student')
on conflict do nothing;

insert into public.courses (id, tenant_id, title, description, published_at) values
    ('33333333-0000-4000-8000-00000000a001', '22222222-0000-4000-8000-00000000a000', 'Reading avalanche reports', 'Before every tour.', '2026-09-01T08:00:00Z'),
    ('33333333-0000-4000-8000-00000000a002', '22222222-0000-4000-8000-00000000a000', 'Rope work', 'Knots that hold.', null),
    ('33333333-0000-4000-8000-00000000b001', '22222222-0000-4000-8000-00000000b000', 'Bookkeeping', 'From receipt to balance.', '2026-09-01T08:00:00Z')
on conflict do nothing;

insert into public.lessons (id, tenant_id, course_id, position, title, body)
select ('44444444-0000-4000-8000-' || right(c.id::text, 10) || lpad(n::text, 2, '0'))::uuid, c.tenant_id, c.id, n, c.title || ', part ' || n, 'Read this before part ' || n + 1 || '.'
from public.courses c cross join generate_series(1, 10) as n
where c.id::text like '33333333-%'
on conflict do nothing;

insert into public.videos (tenant_id, lesson_id, storage_path, duration)
select l.tenant_id, l.id, 'lessons/' || l.id || '.mp4', interval '4 minutes' + l.position * interval '30 seconds'
from public.lessons l
where l.id::text like '44444444-%' and l.position % 2 = 1
on conflict do nothing;

insert into public.enrolments (tenant_id, course_id, user_id) values
    ('22222222-0000-4000-8000-00000000a000', '33333333-0000-4000-8000-00000000a001', '11111111-0000-4000-8000-00000000a003'),
    ('22222222-0000-4000-8000-00000000a000', '33333333-0000-4000-8000-00000000a001', '11111111-0000-4000-8000-00000000a004'),
    ('22222222-0000-4000-8000-00000000b000', '33333333-0000-4000-8000-00000000b001', '11111111-0000-4000-8000-00000000b003')
on conflict do nothing;

insert into public.chat_rooms (id, tenant_id, course_id, name) values
    ('55555555-0000-4000-8000-00000000a000', '22222222-0000-4000-8000-00000000a000', null, 'Common room'),
    ('55555555-0000-4000-8000-00000000a001', '22222222-0000-4000-8000-00000000a000', '33333333-0000-4000-8000-00000000a001', 'Avalanche reports'),
    ('55555555-0000-4000-8000-00000000b001', '22222222-0000-4000-8000-00000000b000', '33333333-0000-4000-8000-00000000b001', 'Bookkeeping')
on conflict do nothing;

insert into public.chat_messages (id, tenant_id, room_id, author_id, body, sent_at) overriding system value
select row_number() over (order by r.id, n), r.tenant_id, r.id, m.user_id, 'Message ' || n || ' in ' || r.name, timestamptz '2026-10-01T08:00:00Z' + n * interval '1 minute'
from public.chat_rooms r
join public.members m on m.tenant_id = r.tenant_id and m.role = 'teacher'
cross join generate_series(1, 20) as n
where r.id::text like '55555555-%'
on conflict do nothing;
select setval('public.chat_messages_id_seq', greatest((select max(id) from public.chat_messages), 1000));

insert into public.assignments (id, tenant_id, course_id, title, points, due_at) values
    ('66666666-0000-4000-8000-00000000a001', '22222222-0000-4000-8000-00000000a000', '33333333-0000-4000-8000-00000000a001', 'Judge yesterday''s report', 10, '2026-12-01T12:00:00Z'),
    ('66666666-0000-4000-8000-00000000b001', '22222222-0000-4000-8000-00000000b000', '33333333-0000-4000-8000-00000000b001', 'Book ten receipts', 20, '2026-12-01T12:00:00Z')
on conflict do nothing;

insert into public.submissions (id, tenant_id, assignment_id, student_id, content) values
    ('77777777-0000-4000-8000-00000000a003', '22222222-0000-4000-8000-00000000a000', '66666666-0000-4000-8000-00000000a001', '11111111-0000-4000-8000-00000000a003', 'I would have stayed at home.'),
    ('77777777-0000-4000-8000-00000000a004', '22222222-0000-4000-8000-00000000a000', '66666666-0000-4000-8000-00000000a001', '11111111-0000-4000-8000-00000000a004', 'Level three above 2000 m.'),
    ('77777777-0000-4000-8000-00000000b003', '22222222-0000-4000-8000-00000000b000', '66666666-0000-4000-8000-00000000b001', '11111111-0000-4000-8000-00000000b003', 'Nine of ten, one is unreadable.')
on conflict do nothing;

insert into public.grades (submission_id, tenant_id, grader_id, points, feedback) values
    ('77777777-0000-4000-8000-00000000a003', '22222222-0000-4000-8000-00000000a000', '11111111-0000-4000-8000-00000000a002', 10, 'Always right.'),
    ('77777777-0000-4000-8000-00000000b003', '22222222-0000-4000-8000-00000000b000', '11111111-0000-4000-8000-00000000b002', 18, 'Ask for the receipt again.')
on conflict do nothing;
