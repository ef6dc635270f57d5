create extension if not exists pg_cron;
create extension if not exists pg_net;
grant usage on schema cron to postgres;
grant all privileges on all tables in schema cron to postgres;

select vault.create_secret('https://example.supabase.co', 'project_url');
do $$
begin
    perform vault.create_secret('key', 'anon_key', 'The key of the API');
exception
    when others then raise notice 'it may be there: %', sqlerrm;
end
$$;
select cron.unschedule(jobname) from cron.job where jobname = 'nightly';
select cron.schedule('nightly', '0 3 * * *', $$
    select net.http_post(
        url := (select decrypted_secret from vault.decrypted_secrets where name = 'project_url') || '/functions/v1/nightly',
        headers := jsonb_build_object('Content-Type', 'application/json'),
        body := '{}'::jsonb) as request_id;
$$);

create table public.orders (id int primary key);
create function public.tell() returns trigger language plpgsql security definer as $$
begin
    perform net.http_post(url := 'https://example.org/hook', body := to_jsonb(new));
    return new;
end
$$;
create trigger tell after insert on public.orders for each row execute function public.tell();
create trigger hook after insert on public.orders for each row
    execute function supabase_functions.http_request('https://example.org/hook', 'POST', '{"Content-type":"application/json"}', '{}', '1000');
insert into public.orders values (1);
do $$
begin
    if (select count(*) from net.http_request_queue) <> 2 then
        raise exception 'requests were not recorded';
    end if;
end
$$;
