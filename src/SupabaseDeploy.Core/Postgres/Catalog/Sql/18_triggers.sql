-- Triggers. On a table of the platform or of an extension, those that call a function from elsewhere: public.handle_new_user() on auth.users.
select 'pg_trigger'::regclass::oid, t.oid, 0, 'Trigger', r.schema, r.name || '.' || quote_ident(t.tgname),
       pg_get_triggerdef(t.oid) || case t.tgenabled when 'D' then ' disabled' when 'R' then ' enabled for replica' when 'A' then ' enabled always' else '' end,
       null::oid, null::aclitem[], null, array[r.kind, r.schema, r.name]
from pg_trigger t
join relation r on r.oid = t.tgrelid
left join routine f on f.oid = t.tgfoid
where not t.tgisinternal and t.tgparentid = 0
  and (r.is_user or r.is_member and f.is_member is not true or not r.is_member and not (f.is_platform and f.space = r.relnamespace))

union all
-- Policies, also on tables of the platform, which has none of its own but for those of pg_cron
select 'pg_policy'::regclass::oid, p.oid, 0, 'Policy', r.schema, r.name || '.' || quote_ident(p.polname),
       concat_ws(E'\n',
           case when p.polpermissive then 'permissive' else 'restrictive' end || ' for ' ||
               case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
           'to ' || (select string_agg(case o when 0 then 'public' else quote_ident(pg_get_userbyid(o)) end, ', ' order by case o when 0 then 'public' else pg_get_userbyid(o) end collate "C")
                     from unnest(p.polroles) o),
           'using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
           'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
       null::oid, null::aclitem[], null, array[r.kind, r.schema, r.name]
from pg_policy p
join relation r on r.oid = p.polrelid
where r.is_user or p.polname not in ('cron_job_policy', 'cron_job_run_details_policy')

union all
-- Event triggers
select 'pg_event_trigger'::regclass::oid, e.oid, 0, 'EventTrigger', '', quote_ident(e.evtname),
       concat_ws(' ', 'on', e.evtevent,
           (select 'when tag in (' || string_agg(quote_literal(o), ', ' order by o collate "C") || ')' from unnest(e.evttags) o),
           'execute', e.evtfoid::regprocedure::text,
           case e.evtenabled when 'D' then 'disabled' when 'R' then 'enabled for replica' when 'A' then 'enabled always' end),
       e.evtowner, null::aclitem[], null, null::text[]
from pg_event_trigger e
join routine f on f.oid = e.evtfoid
where not f.is_member and not f.is_platform
  and not exists (select from member m where m.classid = 'pg_event_trigger'::regclass and m.objid = e.oid)
