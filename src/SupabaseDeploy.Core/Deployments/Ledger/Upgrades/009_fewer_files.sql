-- Every index and every table for large values is a file that the server makes, and waits for, when it creates a ledger. Two rows of the same hash would
-- have the same number already, and a hash is no large value.
alter table supabase_deploy.evidence drop constraint if exists evidence_hash_key;
alter table supabase_deploy.evidence_head alter column hash type varchar(64);
