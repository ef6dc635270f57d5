-- Tables, partitioned tables and foreign tables
select 'pg_class'::regclass::oid, r.oid, 0, r.kind, r.schema, r.name,
       concat_ws(E'\n',
           case when r.relpersistence = 'u' then 'unlogged table' when r.kind = 'ForeignTable' then 'foreign table' else 'table' end,
           case when r.relkind = 'p' then 'partition by ' || pg_get_partkeydef(r.oid) end,
           (select case when r.relispartition then 'partition of ' else 'inherits ' end || string_agg(i.inhparent::regclass::text, ', ' order by i.inhseqno)
            from pg_inherits i where i.inhrelid = r.oid),
           pg_get_expr(r.relpartbound, r.oid),
           case when r.reloftype <> 0 then 'of ' || format_type(r.reloftype, null) end,
           (select 'using ' || quote_ident(a.amname) from pg_am a where a.oid = r.relam and a.amname <> 'heap'),
           (select 'with (' || string_agg(o, ', ' order by o collate "C") || ')' from unnest(r.reloptions) o),
           case r.relreplident when 'f' then 'replica identity full' when 'n' then 'replica identity nothing' when 'i' then
               (select 'replica identity using index ' || quote_ident(c.relname)
                from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = r.oid and i.indisreplident) end,
           (select concat_ws(E'\n', 'server ' || quote_ident(s.srvname),
                (select 'options (' || string_agg(o, ', ' order by o collate "C") || ')' from unnest(f.ftoptions) o where o !~* '^[^=]*(passw|secret|token|key)'))
            from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = r.oid)),
       r.relowner, r.relacl, 'r', null::text[]
from relation r
where r.relkind in ('r', 'p', 'f') and r.is_user

union all
-- Row-level security, apart from the table: nothing else about a table matters as much
select 0::oid, 0::oid, 0, 'RowSecurity', r.schema, r.name,
       case when r.relrowsecurity then 'enabled' else 'disabled' end || case when r.relforcerowsecurity then ', forced' else '' end,
       null::oid, null::aclitem[], null, array[r.kind, r.schema, r.name]
from relation r
where r.relkind in ('r', 'p') and r.is_user

union all
-- The order of columns, without the gaps that dropped columns leave
select 0::oid, 0::oid, 0, 'ColumnOrder', r.schema, r.name,
       (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped),
       null::oid, null::aclitem[], null, array[r.kind, r.schema, r.name]
from relation r
where r.relkind in ('r', 'p', 'f') and r.is_user
  and exists (select from pg_attribute a where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped)
