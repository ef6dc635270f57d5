drop table public.members;
drop table public.tenants;
drop function public.create_tenant(text, text, text);
drop function private.tenant_ids_as(public.member_role[]);
drop function private.tenant_ids();
drop schema private;
drop type public.member_role;
