create schema if not exists "pgmq";
create extension if not exists "pgmq" with schema "pgmq" version '1.4.4';
select pgmq.create('mail');
grant select, insert on table "pgmq"."meta" to "service_role";
alter table pgmq.q_mail enable row level security;
create policy "Service reads" on pgmq.q_mail for select to service_role using (true);

create schema if not exists pgmq_public;
create or replace function pgmq_public.send(queue_name text, message jsonb, sleep_seconds integer default 0) returns setof bigint language plpgsql set search_path = '' as $$
begin
    return query select * from pgmq.send(queue_name := queue_name, msg := message, delay := sleep_seconds);
end
$$;
create or replace function pgmq_public.read(queue_name text, sleep_seconds integer, n integer) returns setof pgmq.message_record language plpgsql set search_path = '' as $$
begin
    return query select * from pgmq.read(queue_name := queue_name, vt := sleep_seconds, qty := n);
end
$$;
select pgmq_public.send('mail', '{"to": "a@example.org"}');
do $$
begin
    if (select message ->> 'to' from pgmq_public.read('mail', 0, 1)) is distinct from 'a@example.org' then
        raise exception 'the message was not read';
    end if;
end
$$;
select pgmq.drop_queue('mail');
