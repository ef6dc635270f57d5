-- Foreign-data wrappers and servers. User mappings hold passwords and are not read; options that may are left out.
select 'pg_foreign_data_wrapper'::regclass::oid, w.oid, 0, 'ForeignDataWrapper', '', quote_ident(w.fdwname),
       concat_ws(' ', 'foreign data wrapper',
           case when w.fdwhandler <> 0 then 'handler ' || w.fdwhandler::regproc end,
           case when w.fdwvalidator <> 0 then 'validator ' || w.fdwvalidator::regproc end,
           (select 'options (' || string_agg(o, ', ' order by o collate "C") || ')' from unnest(w.fdwoptions) o where o !~* '^[^=]*(passw|secret|token|key)')),
       w.fdwowner, w.fdwacl, 'F', null::text[]
from pg_foreign_data_wrapper w
where not exists (select from member m where m.classid = 'pg_foreign_data_wrapper'::regclass and m.objid = w.oid)

union all
select 'pg_foreign_server'::regclass::oid, v.oid, 0, 'ForeignServer', '', quote_ident(v.srvname),
       concat_ws(' ', 'server of', quote_ident(w.fdwname), 'type ' || quote_literal(v.srvtype), 'version ' || quote_literal(v.srvversion),
           (select 'options (' || string_agg(o, ', ' order by o collate "C") || ')' from unnest(v.srvoptions) o where o !~* '^[^=]*(passw|secret|token|key)')),
       v.srvowner, v.srvacl, 'S', null::text[]
from pg_foreign_server v
join pg_foreign_data_wrapper w on w.oid = v.srvfdw
where not exists (select from member m where m.classid = 'pg_foreign_server'::regclass and m.objid = v.oid)
