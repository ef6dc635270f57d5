-- Tenants and who belongs to them. Everything else in this application hangs on a tenant, and every policy asks the two functions below.

create type public.member_role as enum ('owner', 'teacher', 'student');

create table public.tenants (
    id         uuid primary key default gen_random_uuid(),
    slug       text not null unique check (slug ~ '^[a-z][a-z0-9-]{1,62}$'),
    name       text not null check (length(name) between 1 and 200),
    created_at timestamptz not null default now()
);

create table public.members (
    tenant_id    uuid not null references public.tenants (id) on delete cascade,
    user_id      uuid not null references auth.users (id) on delete cascade,
    role         public.member_role not null default 'student',
    display_name text not null check (length(display_name) between 1 and 200),
    joined_at    timestamptz not null default now(),
    primary key (tenant_id, user_id)
);
create index members_user_id_idx on public.members (user_id, tenant_id);

-- Not a schema of the API: what is in here can be used by policies but not called over HTTP.
create schema private;
grant usage on schema private to authenticated, service_role;

-- Security definer, so that a policy on members can ask about members without asking itself. "(select …)" makes the planner
-- call it once a query instead of once a row.
create function private.tenant_ids() returns setof uuid
    language sql stable security definer set search_path = '' rows 5
    as $$ select m.tenant_id from public.members m where m.user_id = (select auth.uid()) $$;

create function private.tenant_ids_as(roles public.member_role[]) returns setof uuid
    language sql stable security definer set search_path = '' rows 5
    as $$ select m.tenant_id from public.members m where m.user_id = (select auth.uid()) and m.role = any (roles) $$;

-- The one way to make a tenant: it never exists without an owner.
create function public.create_tenant(slug text, name text, display_name text) returns uuid
    language plpgsql security definer set search_path = ''
    as $$
declare
    tenant uuid;
begin
    if (select auth.uid()) is null then
        raise exception 'sign in to create a tenant' using errcode = '42501';
    end if;
    insert into public.tenants (slug, name) values (create_tenant.slug, create_tenant.name) returning id into tenant;
    insert into public.members (tenant_id, user_id, role, display_name)
        values (tenant, (select auth.uid()), 'owner', create_tenant.display_name);
    return tenant;
end
$$;

revoke execute on all functions in schema private from public;
grant execute on all functions in schema private to authenticated, service_role;
revoke execute on function public.create_tenant(text, text, text) from public, anon;
grant execute on function public.create_tenant(text, text, text) to authenticated;

-- Grants are said in full: new tables are open to the API roles on a local stack and closed on a hosted project.
revoke all on public.tenants, public.members from anon, authenticated, service_role;
grant select, update, delete on public.tenants to authenticated;
grant select, insert, update, delete on public.members to authenticated;
grant select, insert, update, delete on public.tenants, public.members to service_role;

alter table public.tenants enable row level security;
alter table public.members enable row level security;

create policy "members see their tenants" on public.tenants
    for select to authenticated
    using (id in (select private.tenant_ids()));
create policy "owners rename their tenants" on public.tenants
    for update to authenticated
    using (id in (select private.tenant_ids_as('{owner}')))
    with check (id in (select private.tenant_ids_as('{owner}')));
create policy "owners delete their tenants" on public.tenants
    for delete to authenticated
    using (id in (select private.tenant_ids_as('{owner}')));

create policy "members see each other" on public.members
    for select to authenticated
    using (tenant_id in (select private.tenant_ids()));
create policy "owners add members" on public.members
    for insert to authenticated
    with check (tenant_id in (select private.tenant_ids_as('{owner}')));
create policy "owners change members" on public.members
    for update to authenticated
    using (tenant_id in (select private.tenant_ids_as('{owner}')))
    with check (tenant_id in (select private.tenant_ids_as('{owner}')));
create policy "owners remove members and members leave" on public.members
    for delete to authenticated
    using (user_id = (select auth.uid()) or tenant_id in (select private.tenant_ids_as('{owner}')));
