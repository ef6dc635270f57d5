-- The remaining schemas that migrations name, with as much behind them as a plain PostgreSQL can honestly give.

-- GraphQL. Without pg_graphql, which a migration may drop, the same error as there.
create or replace function graphql_public.graphql(
    "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null)
    returns jsonb language plpgsql as $function$
declare
    answer jsonb;
begin
    if pg_catalog.to_regprocedure('graphql.resolve(text, jsonb, text, jsonb)') is null then
        return pg_catalog.jsonb_build_object('errors', pg_catalog.jsonb_build_array(
            pg_catalog.jsonb_build_object('message', 'pg_graphql extension is not enabled.')));
    end if;
    execute 'select graphql.resolve($1, $2, $3, $4)' into answer using query, coalesce(variables, '{}'), "operationName", extensions;
    return answer;
end
$function$;
grant execute on all functions in schema graphql_public to postgres, anon, authenticated, service_role;

-- Vault. What an earlier bootstrap had made without the extension is kept: its secrets become the extension's.
do $$
begin
    if exists (select from pg_extension where extname = 'supabase_vault') then
        return;
    end if;
    create temporary table earlier_secrets (id uuid, name text, description text, secret text, created_at timestamptz, updated_at timestamptz) on commit drop;
    if to_regclass('vault.secrets') is not null then
        insert into earlier_secrets select id, name, description, secret, created_at, updated_at from vault.secrets;
        drop view vault.decrypted_secrets;
        drop function vault.create_secret(text, text, text, uuid);
        drop function vault.update_secret(uuid, text, text, text, uuid);
        drop table vault.secrets;
    end if;
    set local role postgres;
    create extension supabase_vault with schema vault;
    reset role;
    insert into vault.secrets (id, name, description, secret, created_at, updated_at) select * from earlier_secrets;
    drop table earlier_secrets;
exception
    when dependent_objects_still_exist then
        raise notice 'schema vault stays as it is: other objects depend on it';
end
$$;
