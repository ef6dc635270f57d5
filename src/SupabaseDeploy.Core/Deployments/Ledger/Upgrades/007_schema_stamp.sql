-- What the catalog's rows looked like when the schema was recorded, so that a catalog that nobody has written to since need not be read. It speaks of
-- the rows of this one database: a copy of the ledger goes without it.
alter table supabase_deploy.recorded_schema add column stamp text;
