-- Schemas
select 'pg_namespace'::regclass::oid, s.oid, 0, 'Schema', '', s.name, 'schema', s.nspowner, s.nspacl, 'n', null::text[]
from space s
where not s.is_platform and not s.is_member
