-- GraphQL is not answered here: every query gets an error that says so, in the form of a GraphQL answer.
create function graphql.resolve(
    query text, variables jsonb default '{}', "operationName" text default null, extensions jsonb default null)
    returns jsonb language sql immutable as $$
    select jsonb_build_object('data', null, 'errors', jsonb_build_array(jsonb_build_object(
        'message', 'pg_graphql is a shim on this server and answers no queries')))
$$;

create sequence graphql.seq_schema_version as integer cycle;
create function graphql.get_schema_version() returns integer language sql as 'select last_value::integer from graphql.seq_schema_version';
create function graphql.comment_directive(comment_ text) returns jsonb language sql immutable as $$
    select coalesce((regexp_match(comment_, '@graphql\((.+)\)'))[1]::jsonb, '{}')
$$;
create function graphql.exception(message text) returns text language plpgsql as $$
begin
    raise exception using errcode = '22000', message = message;
end
$$;

grant usage on schema graphql to postgres with grant option;
grant usage on schema graphql to anon, authenticated, service_role;
grant all on all functions in schema graphql to postgres with grant option;
grant all on all functions in schema graphql to anon, authenticated, service_role;
grant all on sequence graphql.seq_schema_version to postgres with grant option;
