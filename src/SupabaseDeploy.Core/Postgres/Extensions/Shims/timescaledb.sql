-- Tables that were to become hypertables stay plain tables; what was asked for them is kept in a table.
create table _timescaledb_recorded (
    id         bigint primary key generated always as identity,
    call       text not null,
    relation   text not null,
    arguments  jsonb not null,
    created_at timestamptz not null default now()
);
select pg_catalog.pg_extension_config_dump('_timescaledb_recorded', '');

create function _timescaledb_record(call text, relation text, arguments jsonb) returns integer language sql security definer as $$
    insert into @extschema@._timescaledb_recorded (call, relation, arguments) values (call, relation, arguments) returning id::integer
$$;

create function create_hypertable(
    relation regclass, time_column_name name, partitioning_column name default null, number_partitions integer default null,
    associated_schema_name name default null, associated_table_prefix name default null, chunk_time_interval interval default null,
    create_default_indexes boolean default true, if_not_exists boolean default false, partitioning_func regproc default null,
    migrate_data boolean default false, chunk_target_size text default null)
    returns table (hypertable_id integer, schema_name name, table_name name, created boolean) language sql as $$
    select @extschema@._timescaledb_record('create_hypertable', relation::text, jsonb_build_object('time_column_name', time_column_name, 'chunk_time_interval', chunk_time_interval)),
           nspname, relname, true
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace where pg_class.oid = relation
$$;

create function add_retention_policy(relation regclass, drop_after interval, if_not_exists boolean default false) returns integer language sql as $$
    select @extschema@._timescaledb_record('add_retention_policy', relation::text, jsonb_build_object('drop_after', drop_after))
$$;
create function add_compression_policy(hypertable regclass, compress_after interval, if_not_exists boolean default false) returns integer language sql as $$
    select @extschema@._timescaledb_record('add_compression_policy', hypertable::text, jsonb_build_object('compress_after', compress_after))
$$;
create function remove_retention_policy(relation regclass, if_exists boolean default false) returns void language sql as $$
    select @extschema@._timescaledb_record('remove_retention_policy', relation::text, '{}')
$$;

create function time_bucket(bucket_width interval, ts timestamptz) returns timestamptz language sql immutable strict parallel safe as $$
    select date_bin(bucket_width, ts, '2000-01-03')
$$;
create function time_bucket(bucket_width interval, ts timestamp) returns timestamp language sql immutable strict parallel safe as $$
    select date_bin(bucket_width, ts, '2000-01-03')
$$;
