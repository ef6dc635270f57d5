-- A reset of a local database is recorded too.
alter table supabase_deploy.deployments drop constraint deployments_kind_check;
alter table supabase_deploy.deployments add constraint deployments_kind_check check (kind in ('Publish', 'Rollback', 'Restore', 'Reset'));
