, explicit_acl as (
    select kind, schema, name, owner, acl_code, coalesce(acl, acldefault(acl_code::"char", owner)) as acl, null::text as only_of
    from thing where acl_code is not null and (acl is not null or acl_code <> 'c')
    union all
    -- On the platform's own relations and schemas it is the platform that grants; what it would not grant is the user's:
    -- to roles of the user's own, and to the API roles on what auth and vault keep.
    select r.kind, r.schema, r.name, r.relowner, case r.relkind when 'S' then 's' else 'r' end, r.relacl,
           case when r.schema in ('auth', 'vault') then 'outsider or api' else 'outsider' end
    from relation r where r.is_platform and not r.is_user and not r.is_member and r.relacl is not null
    union all
    select 'Column', r.schema, r.name || '.' || quote_ident(a.attname), null, 'c', a.attacl,
           case when r.schema in ('auth', 'vault') then 'outsider or api' else 'outsider' end
    from relation r join pg_attribute a on a.attrelid = r.oid
    where r.is_platform and not r.is_user and not r.is_member and a.attnum > 0 and a.attacl is not null
    union all
    select 'Schema', '', s.name, s.nspowner, 'n', s.nspacl, 'outsider' from space s where s.is_platform and s.nspacl is not null
),
-- Most objects share a handful of privileges: those are taken apart once.
distinct_acl as (select distinct acl, owner, acl_code from explicit_acl),
grantee as materialized (
    select d.acl, d.owner, d.acl_code, each.grantee,
           case when each.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(each.grantee)) end as name,
           each.privileges = whole.privileges and each.grantee = d.owner as is_default,
           case when each.privileges = whole.privileges and d.acl_code in ('r', 's', 'n') then 'ALL' || case when each.all_grantable then ' with grant option' else '' end
                else each.listed end as privileges
    from distinct_acl d
    cross join lateral (
        select g.grantee, string_agg(g.privilege_type, ', ' order by g.privilege_type) as privileges, bool_and(g.is_grantable) as all_grantable,
               string_agg(g.privilege_type || case when g.is_grantable then ' with grant option' else '' end, ', ' order by g.privilege_type) as listed
        from (select x.grantee, x.privilege_type, bool_or(x.is_grantable) as is_grantable from aclexplode(d.acl) x group by 1, 2) g
        group by g.grantee) each
    left join lateral (
        select string_agg(o.privilege_type, ', ' order by o.privilege_type) as privileges
        from aclexplode(acldefault(d.acl_code::"char", coalesce(d.owner, 10))) o where o.grantee = coalesce(d.owner, 10)) whole on true
)
select kind, schema, name, definition, parents, null::text as grantee from thing where definition is not null
union all
select 'Owner', schema, name, quote_ident(pg_get_userbyid(owner)), array[kind, schema, name], null from thing where owner is not null
union all
select 'Comment', t.schema, t.name, d.description, array[t.kind, t.schema, t.name], null
from thing t
join pg_description d on d.classoid = t.classid and d.objoid = t.objid and d.objsubid = t.subid
where t.objid <> 0 and t.kind <> 'Extension'
union all
select 'Privilege', e.schema, e.name, g.privileges, array[e.kind, e.schema, e.name], g.name
from explicit_acl e
join grantee g on g.acl = e.acl and g.owner is not distinct from e.owner and g.acl_code = e.acl_code
where g.is_default is not true
  and (e.only_of is null
       or g.name not in ('postgres', 'anon', 'authenticated', 'service_role', 'public') and g.grantee not in (select oid from platform_role)
       or e.only_of = 'outsider or api' and g.name in ('anon', 'authenticated', 'public'))
union all
-- What new objects are granted. Of the platform's roles only what the user's own schemas hold for others matters, and nobody but the platform creates as them.
select 'DefaultPrivilege', coalesce(s.name, ''),
       case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' when 'L' then 'large objects' else d.defaclobjtype::text end
           || ' by ' || quote_ident(pg_get_userbyid(d.defaclrole)),
       coalesce((select string_agg(line, E'\n' order by line collate "C") from (
           select case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end || ': '
                  || case when string_agg(x.privilege_type, ', ' order by x.privilege_type) = (
                         select string_agg(o.privilege_type, ', ' order by o.privilege_type)
                         from aclexplode(acldefault(case d.defaclobjtype when 'S' then 's' when 'r' then 'r' when 'n' then 'n' end::"char", d.defaclrole)) o where o.grantee = d.defaclrole)
                     then 'ALL' || case when bool_and(x.is_grantable) then ' with grant option' else '' end
                     else string_agg(x.privilege_type || case when x.is_grantable then ' with grant option' else '' end, ', ' order by x.privilege_type) end as line
           from aclexplode(d.defaclacl) x group by x.grantee) lines), 'nobody'),
       null::text[], null
from pg_default_acl d
left join space s on s.oid = d.defaclnamespace
where d.defaclrole not in (select oid from platform_role)
  and (d.defaclnamespace = 0 or s.oid is not null and not s.is_platform)
