-- Columns. Those of views are told by the view; they are here without a definition for their comments and privileges.
-- From 18 on NOT NULL is a constraint with a name; the name says nothing.
select 'pg_class'::regclass::oid, r.oid, a.attnum::integer, 'Column', r.schema, r.name || '.' || quote_ident(a.attname),
       case when r.relkind in ('r', 'p', 'f') then concat_ws(' ',
           format_type(a.atttypid, a.atttypmod),
           case when a.attcollation <> t.typcollation then (select 'collate ' || quote_ident(n.nspname) || '.' || quote_ident(c.collname)
               from pg_collation c join pg_namespace n on n.oid = c.collnamespace where c.oid = a.attcollation) end,
           case when a.attnotnull then 'not null' || coalesce((
               select case when n.connoinherit then ' no inherit' else '' end || case when n.convalidated then '' else ' not valid' end
               from pg_constraint n where n.conrelid = r.oid and n.contype = 'n' and n.conkey[1] = a.attnum), '') end,
           case when a.atthasdef then (select
               case a.attgenerated when 's' then 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
                                   when 'v' then 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') virtual'
                                   else 'default ' || pg_get_expr(d.adbin, d.adrelid) end
               from pg_attrdef d where d.adrelid = r.oid and d.adnum = a.attnum) end,
           case when a.attidentity <> '' then 'generated ' || case a.attidentity when 'a' then 'always' else 'by default' end || ' as identity ' || (
               select format('(start %s increment %s minvalue %s maxvalue %s cache %s%s)', q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache,
                             case when q.seqcycle then ' cycle' else '' end)
               from pg_depend d join pg_sequence q on q.seqrelid = d.objid
               where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = r.oid and d.refobjsubid = a.attnum and d.deptype = 'i') end,
           case when a.attstorage <> t.typstorage then 'storage ' || case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
           case a.attcompression when 'p' then 'compression pglz' when 'l' then 'compression lz4' end,
           case when a.attstattarget >= 0 then 'statistics ' || a.attstattarget end,
           (select 'with (' || string_agg(o, ', ' order by o collate "C") || ')' from unnest(a.attoptions) o),
           (select 'options (' || string_agg(o, ', ' order by o collate "C") || ')' from unnest(a.attfdwoptions) o))
       end,
       null::oid, a.attacl, 'c', array[r.kind, r.schema, r.name]
from relation r
join pg_attribute a on a.attrelid = r.oid
join pg_type t on t.oid = a.atttypid
where r.relkind in ('r', 'p', 'f', 'v', 'm') and r.is_user and a.attnum > 0 and not a.attisdropped
