-- Extensions, but for those that the platform manages itself and a plain server does not have
select 'pg_extension'::regclass::oid, e.oid, 0, 'Extension', '', quote_ident(e.extname),
       format('version %s schema %I', e.extversion, n.nspname), null::oid, null::aclitem[], null, null::text[]
from pg_extension e
join pg_namespace n on n.oid = e.extnamespace
where e.extname not in ('plpgsql', 'pg_graphql', 'supabase_vault', 'pgsodium', 'pg_stat_statements')

union all
-- Publications
select 'pg_publication'::regclass::oid, p.oid, 0, 'Publication', '', quote_ident(p.pubname),
       concat_ws(' ', case when p.puballtables then 'for all tables' end,
           'publish (' || concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
                                    case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end) || ')',
           case when p.pubviaroot then 'via partition root' end,
           case when to_jsonb(p) ->> 'pubgencols' not in ('n', 'false') then 'with generated columns' end),
       p.pubowner, null::aclitem[], null, null::text[]
from pg_publication p
where p.pubname <> 'supabase_realtime_messages_publication'

union all
-- What they publish
select 0::oid, 0::oid, 0, 'PublicationTable', r.schema, r.name || ' in ' || quote_ident(p.pubname),
       concat_ws(' ', 'table',
           (select '(' || string_agg(quote_ident(a.attname), ', ' order by a.attname collate "C") || ')'
            from pg_attribute a where a.attrelid = r.oid and a.attnum = any (pr.prattrs)),
           'where (' || pg_get_expr(pr.prqual, pr.prrelid) || ')'),
       null::oid, null::aclitem[], null, array['Publication', '', quote_ident(p.pubname), r.kind, r.schema, r.name]
from pg_publication_rel pr
join pg_publication p on p.oid = pr.prpubid
join relation r on r.oid = pr.prrelid
where p.pubname <> 'supabase_realtime_messages_publication'

union all
select 0::oid, 0::oid, 0, 'PublicationTable', s.name, 'all tables in ' || quote_ident(p.pubname), 'tables in schema',
       null::oid, null::aclitem[], null, array['Publication', '', quote_ident(p.pubname), 'Schema', '', s.name]
from pg_publication_namespace pn
join pg_publication p on p.oid = pn.pnpubid
join space s on s.oid = pn.pnnspid
