-- Views and materialized views. Whether a materialized view was filled is data.
select 'pg_class'::regclass::oid, r.oid, 0, r.kind, r.schema, r.name,
       concat_ws(E'\n',
           case r.relkind when 'm' then 'materialized view' else 'view' end,
           (select 'using ' || quote_ident(a.amname) from pg_am a where a.oid = r.relam and a.amname <> 'heap'),
           (select 'with (' || string_agg(o, ', ' order by o collate "C") || ')' from unnest(r.reloptions) o),
           pg_get_viewdef(r.oid)),
       r.relowner, r.relacl, 'r', null::text[]
from relation r
where r.relkind in ('v', 'm') and r.is_user

union all
-- Sequences: their options, not their value
select 'pg_class'::regclass::oid, r.oid, 0, 'Sequence', r.schema, r.name,
       concat_ws(' ',
           case when r.relpersistence = 'u' then 'unlogged' end,
           'sequence as', format_type(q.seqtypid, null),
           format('start %s increment %s minvalue %s maxvalue %s cache %s', q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache),
           case when q.seqcycle then 'cycle' end,
           (select 'owned by ' || o.schema || '.' || o.name || '.' || quote_ident(a.attname)
            from pg_depend d
            join relation o on o.oid = d.refobjid
            join pg_attribute a on a.attrelid = o.oid and a.attnum = d.refobjsubid
            where d.classid = 'pg_class'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.deptype = 'a')),
       r.relowner, r.relacl, 's',
       (select array[o.kind, o.schema, o.name] from pg_depend d join relation o on o.oid = d.refobjid
        where d.classid = 'pg_class'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.deptype = 'a')
from relation r
join pg_sequence q on q.seqrelid = r.oid
where r.is_user

union all
-- Rules
select 'pg_rewrite'::regclass::oid, w.oid, 0, 'Rule', r.schema, r.name || '.' || quote_ident(w.rulename),
       pg_get_ruledef(w.oid) || case w.ev_enabled when 'D' then ' disabled' when 'R' then ' enabled for replica' when 'A' then ' enabled always' else '' end,
       null::oid, null::aclitem[], null, array[r.kind, r.schema, r.name]
from pg_rewrite w
join relation r on r.oid = w.ev_class
where r.is_user and w.rulename <> '_RETURN'
