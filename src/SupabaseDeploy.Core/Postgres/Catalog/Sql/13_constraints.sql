-- Constraints of tables. What a partition or a child inherits is told by its parent.
-- A foreign key whose triggers were switched off is not enforced, whatever its definition says.
select 'pg_constraint'::regclass::oid, c.oid, 0, 'Constraint', r.schema, r.name || '.' || quote_ident(c.conname),
       concat_ws(' ',
           pg_get_constraintdef(c.oid),
           (select 'with (' || string_agg(o, ', ' order by o collate "C") || ')' from pg_class i cross join unnest(i.reloptions) o
            where c.contype in ('p', 'u', 'x') and i.oid = c.conindid),
           case when c.contype in ('p', 'u', 'x') and exists (select from pg_index i where i.indexrelid = c.conindid and not i.indisvalid) then 'invalid' end,
           case when c.contype = 'f' and exists (select from pg_trigger t where t.tgconstraint = c.oid and t.tgenabled = 'D') then 'disabled' end),
       null::oid, null::aclitem[], null, array[r.kind, r.schema, r.name]
from pg_constraint c
join relation r on r.oid = c.conrelid
where r.is_user and c.contype in ('c', 'f', 'p', 'u', 'x') and c.conparentid = 0 and (c.conislocal or c.coninhcount = 0)
