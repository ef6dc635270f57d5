-- Functions, procedures and aggregates
select 'pg_proc'::regclass::oid, r.oid, 0,
       case r.prokind when 'p' then 'Procedure' when 'a' then 'Aggregate' else 'Function' end, r.schema, r.name,
       case when r.prokind <> 'a' then pg_get_functiondef(r.oid) else (
           select concat_ws(', ', 'aggregate (' || pg_get_function_arguments(r.oid) || ') (sfunc = ' || a.aggtransfn::regproc, 'stype = ' || format_type(a.aggtranstype, null),
               'initcond = ' || quote_literal(a.agginitval),
               case when a.aggfinalfn <> 0 then 'finalfunc = ' || a.aggfinalfn::regproc end,
               case when a.aggfinalextra then 'finalfunc_extra' end,
               case when a.aggcombinefn <> 0 then 'combinefunc = ' || a.aggcombinefn::regproc end,
               case when a.aggserialfn <> 0 then 'serialfunc = ' || a.aggserialfn::regproc end,
               case when a.aggdeserialfn <> 0 then 'deserialfunc = ' || a.aggdeserialfn::regproc end,
               case when a.aggmtransfn <> 0 then 'msfunc = ' || a.aggmtransfn::regproc end,
               case when a.aggminvtransfn <> 0 then 'minvfunc = ' || a.aggminvtransfn::regproc end,
               case when a.aggmtranstype <> 0 then 'mstype = ' || format_type(a.aggmtranstype, null) end,
               'minitcond = ' || quote_literal(a.aggminitval),
               case when a.aggsortop <> 0 then 'sortop = ' || a.aggsortop::regoper end,
               case when a.aggkind <> 'n' then 'kind = ' || a.aggkind::text end,
               'finalfunc_modify = ' || a.aggfinalmodify::text,
               (select 'parallel = ' || p.proparallel::text from pg_proc p where p.oid = r.oid)) || ')'
           from pg_aggregate a where a.aggfnoid = r.oid) end,
       r.proowner, r.proacl, 'f', null::text[]
from routine r
where not r.is_member and not r.is_platform
