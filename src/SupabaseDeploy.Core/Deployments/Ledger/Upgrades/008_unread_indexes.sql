-- A ledger is read whole, so nothing ever read these. Ledgers that are created now never had them.
drop index if exists supabase_deploy.deployments_release_id_idx;
drop index if exists supabase_deploy.deployments_previous_release_id_idx;
drop index if exists supabase_deploy.evidence_release_id_kind_idx;
drop index if exists supabase_deploy.events_deployment_id_idx;
