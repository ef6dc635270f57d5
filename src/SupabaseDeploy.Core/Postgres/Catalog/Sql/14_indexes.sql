-- Indexes, but for those of constraints and those that a partitioned index keeps on its partitions
select 'pg_class'::regclass::oid, i.indexrelid, 0, 'Index', r.schema, quote_ident(c.relname),
       pg_get_indexdef(i.indexrelid) || case when i.indisvalid and i.indisready then '' else ' invalid' end,
       null::oid, null::aclitem[], null, array[r.kind, r.schema, r.name]
from pg_index i
join relation r on r.oid = i.indrelid
join pg_class c on c.oid = i.indexrelid
where r.is_user and not c.relispartition
  and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))

union all
-- Extended statistics
select 'pg_statistic_ext'::regclass::oid, x.oid, 0, 'Statistics', s.name, quote_ident(x.stxname),
       pg_get_statisticsobjdef(x.oid) || coalesce(' statistics ' || nullif(to_jsonb(x) ->> 'stxstattarget', '-1'), ''),
       x.stxowner, null::aclitem[], null, array[r.kind, r.schema, r.name]
from pg_statistic_ext x
join relation r on r.oid = x.stxrelid
join space s on s.oid = x.stxnamespace
where r.is_user
