-- Chat rooms, of a course or of the whole tenant, and their messages.

create table public.chat_rooms (
    id         uuid primary key default gen_random_uuid(),
    tenant_id  uuid not null references public.tenants (id) on delete cascade,
    course_id  uuid,
    name       text not null check (length(name) between 1 and 100),
    created_at timestamptz not null default now(),
    unique (tenant_id, id),
    unique (tenant_id, name),
    foreign key (tenant_id, course_id) references public.courses (tenant_id, id) on delete cascade
);
create index chat_rooms_course_idx on public.chat_rooms (tenant_id, course_id);
create index chat_rooms_course_id_idx on public.chat_rooms (course_id);

create table public.chat_messages (
    id        bigint generated always as identity primary key,
    tenant_id uuid not null,
    room_id   uuid not null,
    author_id uuid not null,
    body      text not null check (length(body) between 1 and 10000),
    sent_at   timestamptz not null default now(),
    foreign key (tenant_id, room_id) references public.chat_rooms (tenant_id, id) on delete cascade,
    foreign key (tenant_id, author_id) references public.members (tenant_id, user_id) on delete cascade
);
create index chat_messages_room_idx on public.chat_messages (tenant_id, room_id, sent_at);
create index chat_messages_room_id_idx on public.chat_messages (room_id, sent_at);
create index chat_messages_author_idx on public.chat_messages (tenant_id, author_id);
create index chat_messages_author_id_idx on public.chat_messages (author_id);

revoke all on public.chat_rooms, public.chat_messages from anon, authenticated, service_role;
revoke all on sequence public.chat_messages_id_seq from anon, authenticated, service_role;
grant select, insert, update, delete on public.chat_rooms, public.chat_messages to authenticated, service_role;

alter table public.chat_rooms enable row level security;
alter table public.chat_messages enable row level security;

create policy "members see rooms of the tenant and of their courses" on public.chat_rooms
    for select to authenticated
    using (
        tenant_id in (select private.tenant_ids())
        and (course_id is null or course_id in (select private.readable_course_ids()))
    );
create policy "teachers keep rooms" on public.chat_rooms
    for all to authenticated
    using (tenant_id in (select private.tenant_ids_as('{owner,teacher}')))
    with check (tenant_id in (select private.tenant_ids_as('{owner,teacher}')));

-- Row-level security on chat_rooms decides which rooms the caller is in.
create policy "participants read messages" on public.chat_messages
    for select to authenticated
    using (room_id in (select r.id from public.chat_rooms r));
create policy "participants write messages as themselves" on public.chat_messages
    for insert to authenticated
    with check (author_id = (select auth.uid()) and room_id in (select r.id from public.chat_rooms r));
create policy "authors correct their messages" on public.chat_messages
    for update to authenticated
    using (author_id = (select auth.uid()))
    with check (author_id = (select auth.uid()) and room_id in (select r.id from public.chat_rooms r));
create policy "authors and teachers delete messages" on public.chat_messages
    for delete to authenticated
    using (author_id = (select auth.uid()) or tenant_id in (select private.tenant_ids_as('{owner,teacher}')));
