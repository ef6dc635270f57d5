-- Casts, operators, operator families and classes, collations, text search: where somebody made their own
select 'pg_cast'::regclass::oid, c.oid, 0, 'Cast', '', format('(%s as %s)', format_type(c.castsource, null), format_type(c.casttarget, null)),
       concat_ws(' ',
           case c.castmethod when 'f' then 'with function ' || c.castfunc::regprocedure when 'i' then 'with inout' else 'without function' end,
           case c.castcontext when 'a' then 'as assignment' when 'i' then 'as implicit' end),
       null::oid, null::aclitem[], null, null::text[]
from pg_cast c
-- That of a range to its multirange comes with the type.
where c.oid >= 16384 and not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = c.oid and d.deptype in ('e', 'i'))

union all
select 'pg_operator'::regclass::oid, o.oid, 0, 'Operator', s.name, format('%s (%s, %s)', o.oprname,
           case o.oprleft when 0 then 'none' else format_type(o.oprleft, null) end, format_type(o.oprright, null)),
       concat_ws(', ', 'function = ' || o.oprcode::regproc,
           case when o.oprcom <> 0 then 'commutator = ' || o.oprcom::regoperator end, case when o.oprnegate <> 0 then 'negator = ' || o.oprnegate::regoperator end,
           case when o.oprrest <> 0 then 'restrict = ' || o.oprrest::regproc end, case when o.oprjoin <> 0 then 'join = ' || o.oprjoin::regproc end,
           case when o.oprcanhash then 'hashes' end, case when o.oprcanmerge then 'merges' end),
       o.oprowner, null::aclitem[], null, null::text[]
from pg_operator o
join space s on s.oid = o.oprnamespace
where o.oprcode <> 0 and not (s.is_platform and o.oprowner in (select oid from platform_role))
  and not exists (select from member m where m.classid = 'pg_operator'::regclass and m.objid = o.oid)

union all
select 'pg_opfamily'::regclass::oid, f.oid, 0, 'OperatorFamily', s.name, quote_ident(f.opfname) || ' using ' || quote_ident(a.amname),
       concat_ws(', ', 'operator family',
           (select string_agg(format('operator %s %s', o.amopstrategy, o.amopopr::regoperator), ', ' order by o.amopstrategy, o.amopopr::regoperator::text collate "C")
            from pg_amop o where o.amopfamily = f.oid),
           (select string_agg(format('function %s (%s, %s) %s', p.amprocnum, format_type(p.amproclefttype, null), format_type(p.amprocrighttype, null), p.amproc::regprocedure), ', '
                              order by p.amprocnum, p.amproc::regprocedure::text collate "C")
            from pg_amproc p where p.amprocfamily = f.oid)),
       f.opfowner, null::aclitem[], null, null::text[]
from pg_opfamily f
join space s on s.oid = f.opfnamespace
join pg_am a on a.oid = f.opfmethod
where not (s.is_platform and f.opfowner in (select oid from platform_role))
  and not exists (select from member m where m.classid = 'pg_opfamily'::regclass and m.objid = f.oid)

union all
select 'pg_opclass'::regclass::oid, c.oid, 0, 'OperatorClass', s.name, quote_ident(c.opcname) || ' using ' || quote_ident(a.amname),
       concat_ws(' ', case when c.opcdefault then 'default' end, 'for type', format_type(c.opcintype, null), 'family', quote_ident(n.nspname) || '.' || quote_ident(f.opfname),
           case when c.opckeytype <> 0 then 'storage ' || format_type(c.opckeytype, null) end),
       c.opcowner, null::aclitem[], null, null::text[]
from pg_opclass c
join space s on s.oid = c.opcnamespace
join pg_am a on a.oid = c.opcmethod
join pg_opfamily f on f.oid = c.opcfamily
join pg_namespace n on n.oid = f.opfnamespace
where not (s.is_platform and c.opcowner in (select oid from platform_role))
  and not exists (select from member m where m.classid = 'pg_opclass'::regclass and m.objid = c.oid)

union all
-- The columns of the ICU locale were renamed between versions
select 'pg_collation'::regclass::oid, c.oid, 0, 'Collation', s.name, quote_ident(c.collname),
       concat_ws(', ', 'provider = ' || c.collprovider::text, 'lc_collate = ' || c.collcollate, 'lc_ctype = ' || c.collctype,
           'locale = ' || coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale'), 'rules = ' || (to_jsonb(c) ->> 'collicurules'),
           'deterministic = ' || c.collisdeterministic),
       c.collowner, null::aclitem[], null, null::text[]
from pg_collation c
join space s on s.oid = c.collnamespace
where not (s.is_platform and c.collowner in (select oid from platform_role))
  and not exists (select from member m where m.classid = 'pg_collation'::regclass and m.objid = c.oid)

union all
select 'pg_ts_config'::regclass::oid, c.oid, 0, 'TextSearchConfiguration', s.name, quote_ident(c.cfgname),
       concat_ws(', ', 'parser = ' || (select quote_ident(n.nspname) || '.' || quote_ident(p.prsname) from pg_ts_parser p join pg_namespace n on n.oid = p.prsnamespace where p.oid = c.cfgparser),
           (select string_agg(format('%s with %s', k.alias, m.mapdict::regdictionary), ', ' order by k.alias collate "C", m.mapseqno)
            from pg_ts_config_map m join ts_token_type(c.cfgparser) k on k.tokid = m.maptokentype where m.mapcfg = c.oid)),
       c.cfgowner, null::aclitem[], null, null::text[]
from pg_ts_config c
join space s on s.oid = c.cfgnamespace
where not (s.is_platform and c.cfgowner in (select oid from platform_role))
  and not exists (select from member m where m.classid = 'pg_ts_config'::regclass and m.objid = c.oid)

union all
select 'pg_ts_dict'::regclass::oid, d.oid, 0, 'TextSearchDictionary', s.name, quote_ident(d.dictname),
       concat_ws(', ', 'template = ' || (select quote_ident(n.nspname) || '.' || quote_ident(t.tmplname) from pg_ts_template t join pg_namespace n on n.oid = t.tmplnamespace where t.oid = d.dicttemplate),
           d.dictinitoption),
       d.dictowner, null::aclitem[], null, null::text[]
from pg_ts_dict d
join space s on s.oid = d.dictnamespace
where not (s.is_platform and d.dictowner in (select oid from platform_role))
  and not exists (select from member m where m.classid = 'pg_ts_dict'::regclass and m.objid = d.oid)
