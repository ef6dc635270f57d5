-- Enumerations, composite types, domains, ranges and base types
select 'pg_type'::regclass::oid, t.oid, 0, 'Type', s.name, quote_ident(t.typname),
       case t.typtype
           when 'e' then 'enum (' || coalesce((select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid), '') || ')'
           when 'c' then 'composite (' || coalesce((
               select string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                   case when a.attcollation <> at.typcollation then 'collate ' || a.attcollation::regcollation end), ', ' order by a.attnum)
               from pg_attribute a join pg_type at on at.oid = a.atttypid
               where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped), '') || ')'
           when 'd' then concat_ws(' ', 'domain', format_type(t.typbasetype, t.typtypmod),
               (select 'collate ' || t.typcollation::regcollation from pg_type b where b.oid = t.typbasetype and b.typcollation <> t.typcollation),
               'default ' || coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault),
               case when t.typnotnull then 'not null' end,
               (select string_agg('constraint ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid), ' ' order by c.conname collate "C")
                from pg_constraint c where c.contypid = t.oid and c.contype = 'c'))
           when 'r' then (select concat_ws(', ', 'range (subtype = ' || format_type(r.rngsubtype, null),
                   'subtype_opclass = ' || (select quote_ident(n.nspname) || '.' || quote_ident(o.opcname) from pg_opclass o join pg_namespace n on n.oid = o.opcnamespace where o.oid = r.rngsubopc),
                   case when r.rngcollation <> 0 then 'collation = ' || r.rngcollation::regcollation end,
                   case when r.rngcanonical <> 0 then 'canonical = ' || r.rngcanonical::regproc end,
                   case when r.rngsubdiff <> 0 then 'subtype_diff = ' || r.rngsubdiff::regproc end,
                   'multirange_type_name = ' || format_type(r.rngmultitypid, null)) || ')'
               from pg_range r where r.rngtypid = t.oid)
           else concat_ws(', ', 'base (input = ' || t.typinput::regproc, 'output = ' || t.typoutput::regproc,
               case when t.typreceive <> 0 then 'receive = ' || t.typreceive::regproc end, case when t.typsend <> 0 then 'send = ' || t.typsend::regproc end,
               'internallength = ' || t.typlen, 'alignment = ' || t.typalign::text, 'storage = ' || t.typstorage::text, 'category = ' || t.typcategory::text) || ')'
       end,
       t.typowner, t.typacl, 'T', null::text[]
from pg_type t
join space s on s.oid = t.typnamespace
left join pg_class c on c.oid = t.typrelid
where (t.typtype in ('e', 'd', 'r') or t.typtype = 'c' and c.relkind = 'c'
       or t.typtype = 'b' and not exists (select from pg_type e where e.typarray = t.oid))
  and not (s.is_platform and t.typowner in (select oid from platform_role))
  and not exists (select from member m where m.classid = 'pg_type'::regclass and m.objid = t.oid)
