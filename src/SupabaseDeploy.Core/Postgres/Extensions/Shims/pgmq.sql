-- Queues as tables q_<name> and archives as tables a_<name>, as pgmq makes them. Partitioned queues need pg_partman and are refused.
create table pgmq.meta (
    queue_name     varchar unique not null,
    is_partitioned boolean not null,
    is_unlogged    boolean not null,
    created_at     timestamptz not null default now()
);
select pg_catalog.pg_extension_config_dump('pgmq.meta', '');

create type pgmq.message_record as (msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb);
create type pgmq.queue_record as (queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz);
create type pgmq.metrics_result as (
    queue_name text, queue_length bigint, newest_msg_age_sec integer, oldest_msg_age_sec integer, total_messages bigint,
    scrape_time timestamptz, queue_visible_length bigint);

create function pgmq.format_table_name(queue_name text, prefix text) returns text language plpgsql as $$
begin
    if queue_name ~ '\$|;|--|''' then
        raise exception 'queue name contains invalid characters: $, ;, --, or \''';
    end if;
    return lower(prefix || '_' || queue_name);
end
$$;

create function pgmq.validate_queue_name(queue_name text) returns void language plpgsql as $$
begin
    if length(queue_name) > 47 then
        raise exception 'queue name is too long, maximum length is 47 characters';
    end if;
end
$$;

create function pgmq.acquire_queue_lock(queue_name text) returns void language sql as $$
    select pg_advisory_xact_lock(hashtext('pgmq.queue_' || queue_name))
$$;

create function pgmq._create(queue_name text, is_unlogged boolean) returns void language plpgsql as $$
declare
    queue constant text := pgmq.format_table_name(queue_name, 'q');
    archive constant text := pgmq.format_table_name(queue_name, 'a');
begin
    perform pgmq.validate_queue_name(queue_name);
    perform pgmq.acquire_queue_lock(queue_name);
    execute format(
        $sql$create %s table if not exists pgmq.%I (
            msg_id bigint primary key generated always as identity,
            read_ct integer not null default 0,
            enqueued_at timestamptz not null default now(),
            vt timestamptz not null,
            message jsonb,
            headers jsonb)$sql$,
        case when is_unlogged then 'unlogged' end, queue);
    execute format(
        $sql$create table if not exists pgmq.%I (
            msg_id bigint primary key,
            read_ct integer not null default 0,
            enqueued_at timestamptz not null default now(),
            archived_at timestamptz not null default now(),
            vt timestamptz not null,
            message jsonb,
            headers jsonb)$sql$,
        archive);
    execute format('create index if not exists %I on pgmq.%I (vt asc)', queue || '_vt_idx', queue);
    execute format('create index if not exists %I on pgmq.%I (archived_at)', 'archived_at_idx_' || queue_name, archive);
    insert into pgmq.meta (queue_name, is_partitioned, is_unlogged) values (_create.queue_name, false, _create.is_unlogged)
        on conflict do nothing;
end
$$;

create function pgmq.create(queue_name text) returns void language sql as 'select pgmq._create(queue_name, false)';
create function pgmq.create_non_partitioned(queue_name text) returns void language sql as 'select pgmq._create(queue_name, false)';
create function pgmq.create_unlogged(queue_name text) returns void language sql as 'select pgmq._create(queue_name, true)';

create function pgmq.create_partitioned(queue_name text, partition_interval text default '10000', retention_interval text default '100000')
    returns void language plpgsql as $$
begin
    raise exception 'pg_partman is required for partitioned queues';
end
$$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz) returns setof bigint language plpgsql as $$
begin
    return query execute format('insert into pgmq.%I (vt, message, headers) values ($2, $1, $3) returning msg_id', pgmq.format_table_name(queue_name, 'q'))
        using msg, delay, headers;
end
$$;
create function pgmq.send(queue_name text, msg jsonb) returns setof bigint language sql as $$
    select * from pgmq.send(queue_name, msg, null::jsonb, clock_timestamp())
$$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint language sql as $$
    select * from pgmq.send(queue_name, msg, headers, clock_timestamp())
$$;
create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint language sql as $$
    select * from pgmq.send(queue_name, msg, null::jsonb, clock_timestamp() + make_interval(secs => delay))
$$;
create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint language sql as $$
    select * from pgmq.send(queue_name, msg, null::jsonb, delay)
$$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) returns setof bigint language sql as $$
    select * from pgmq.send(queue_name, msg, headers, clock_timestamp() + make_interval(secs => delay))
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz) returns setof bigint language plpgsql as $$
begin
    return query execute format(
        'insert into pgmq.%I (vt, message, headers) select $2, message, header from unnest($1, $3) with ordinality as each(message, header, place) order by place returning msg_id',
        pgmq.format_table_name(queue_name, 'q'))
        using msgs, delay, coalesce(headers, '{}');
end
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint language sql as $$
    select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], clock_timestamp())
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint language sql as $$
    select * from pgmq.send_batch(queue_name, msgs, headers, clock_timestamp())
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) returns setof bigint language sql as $$
    select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], clock_timestamp() + make_interval(secs => delay))
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz) returns setof bigint language sql as $$
    select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], delay)
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer) returns setof bigint language sql as $$
    select * from pgmq.send_batch(queue_name, msgs, headers, clock_timestamp() + make_interval(secs => delay))
$$;

create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}') returns setof pgmq.message_record language plpgsql as $$
begin
    return query execute format(
        $sql$
        with next as (
            select msg_id from pgmq.%1$I
            where vt <= clock_timestamp() and case when $2 <> '{}'::jsonb then (message @> $2)::integer else 1 end = 1
            order by msg_id limit $1 for update skip locked)
        update pgmq.%1$I as message set vt = clock_timestamp() + $3, read_ct = read_ct + 1
        from next where message.msg_id = next.msg_id
        returning message.msg_id, message.read_ct, message.enqueued_at, message.vt, message.message, message.headers
        $sql$,
        pgmq.format_table_name(queue_name, 'q'))
        using qty, conditional, make_interval(secs => vt);
end
$$;

create function pgmq.read_with_poll(
    queue_name text, vt integer, qty integer, max_poll_seconds integer default 5, poll_interval_ms integer default 100, conditional jsonb default '{}')
    returns setof pgmq.message_record language plpgsql as $$
declare
    stop_at constant timestamptz := clock_timestamp() + make_interval(secs => max_poll_seconds);
begin
    loop
        return query select * from pgmq.read(queue_name, vt, qty, conditional);
        exit when found or clock_timestamp() >= stop_at;
        perform pg_sleep(poll_interval_ms / 1000.0);
    end loop;
end
$$;

create function pgmq.pop(queue_name text, qty integer default 1) returns setof pgmq.message_record language plpgsql as $$
begin
    return query execute format(
        $sql$
        with next as (
            select msg_id from pgmq.%1$I where vt <= clock_timestamp() order by msg_id limit $1 for update skip locked)
        delete from pgmq.%1$I where msg_id in (select msg_id from next)
        returning msg_id, read_ct, enqueued_at, vt, message, headers
        $sql$,
        pgmq.format_table_name(queue_name, 'q'))
        using qty;
end
$$;

create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint language plpgsql as $$
begin
    return query execute format(
        $sql$
        with gone as (
            delete from pgmq.%I where msg_id = any ($1) returning msg_id, vt, read_ct, enqueued_at, message, headers)
        insert into pgmq.%I (msg_id, vt, read_ct, enqueued_at, message, headers) select * from gone returning msg_id
        $sql$,
        pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a'))
        using msg_ids;
end
$$;
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql as $$
    select exists (select from pgmq.archive(queue_name, array[msg_id]))
$$;

create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint language plpgsql as $$
begin
    return query execute format('delete from pgmq.%I where msg_id = any ($1) returning msg_id', pgmq.format_table_name(queue_name, 'q')) using msg_ids;
end
$$;
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql as $$
    select exists (select from pgmq.delete(queue_name, array[msg_id]))
$$;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record language plpgsql as $$
begin
    return query execute format(
        'update pgmq.%I set vt = clock_timestamp() + $2 where msg_id = $1 returning msg_id, read_ct, enqueued_at, vt, message, headers',
        pgmq.format_table_name(queue_name, 'q'))
        using msg_id, make_interval(secs => vt);
end
$$;

create function pgmq.purge_queue(queue_name text) returns bigint language plpgsql as $$
declare
    purged bigint;
begin
    execute format('select count(*) from pgmq.%I', pgmq.format_table_name(queue_name, 'q')) into purged;
    execute format('truncate table pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
    return purged;
end
$$;

create function pgmq.drop_queue(queue_name text) returns boolean language plpgsql as $$
begin
    perform pgmq.acquire_queue_lock(queue_name);
    execute format('drop table if exists pgmq.%I, pgmq.%I', pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a'));
    delete from pgmq.meta where meta.queue_name = drop_queue.queue_name;
    return found;
end
$$;
create function pgmq.drop_queue(queue_name text, partitioned boolean) returns boolean language sql as 'select pgmq.drop_queue(queue_name)';
-- The archive of a queue is an ordinary table here, so it is detached already.
create function pgmq.detach_archive(queue_name text) returns void language sql as '';

create function pgmq.list_queues() returns setof pgmq.queue_record language sql stable as $$
    select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta
$$;

create function pgmq.metrics(queue_name text) returns pgmq.metrics_result language plpgsql as $$
declare
    queue constant text := pgmq.format_table_name(queue_name, 'q');
    result pgmq.metrics_result;
begin
    execute format(
        $sql$
        select $1, count(*), extract(epoch from now() - max(enqueued_at))::integer, extract(epoch from now() - min(enqueued_at))::integer,
               (select case when is_called then last_value else 0 end from pgmq.%I), now(), count(*) filter (where vt <= now())
        from pgmq.%I
        $sql$,
        queue || '_msg_id_seq', queue)
        into result using queue_name;
    return result;
end
$$;
create function pgmq.metrics_all() returns setof pgmq.metrics_result language sql as $$
    select (pgmq.metrics(queue_name)).* from pgmq.meta
$$;

grant usage on schema pgmq to pg_monitor;
grant select on all tables in schema pgmq to pg_monitor;
grant all on schema pgmq to postgres with grant option;
grant all on all tables in schema pgmq to postgres with grant option;
grant all on all functions in schema pgmq to postgres with grant option;
