-- Whatever comes first makes the schema. 'create schema if not exists' asks for the right to create schemas even when it exists.
do $create$
begin
    if to_regnamespace('supabase_deploy') is null then
        create schema supabase_deploy;
        comment on schema supabase_deploy is 'Bookkeeping of SupabaseDeploy: locks and deployments.';
    end if;
end
$create$;
