-- Jobs are recorded with the checks of pg_cron and never run: there is no background worker.
do $$
begin
    if to_regnamespace('cron') is null then
        create schema cron;
    end if;
end
$$;

create sequence cron.jobid_seq;
create sequence cron.runid_seq;

create table cron.job (
    jobid    bigint primary key default nextval('cron.jobid_seq'),
    schedule text not null,
    command  text not null,
    nodename text not null default 'localhost',
    nodeport integer not null default inet_server_port(),
    database text not null default current_database(),
    username text not null default current_user,
    active   boolean not null default true,
    jobname  text,
    constraint jobname_username_uniq unique (jobname, username)
);

create table cron.job_run_details (
    jobid          bigint,
    runid          bigint primary key default nextval('cron.runid_seq'),
    job_pid        integer,
    database       text,
    username       text,
    command        text,
    status         text,
    return_message text,
    start_time     timestamptz,
    end_time       timestamptz
);

alter table cron.job enable row level security;
alter table cron.job_run_details enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);
select pg_catalog.pg_extension_config_dump('cron.job', '');
select pg_catalog.pg_extension_config_dump('cron.jobid_seq', '');
select pg_catalog.pg_extension_config_dump('cron.job_run_details', '');
select pg_catalog.pg_extension_config_dump('cron.runid_seq', '');

-- Five fields, one of the words that begin with @, or an interval of seconds.
create function cron._check_schedule(schedule text) returns void language plpgsql immutable set search_path = '' as $$
begin
    if schedule is null
        or schedule !~* '^\s*(@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)|([1-9]|[1-5][0-9])\s+seconds?|([0-9*/,$-]+)(\s+[0-9a-z*/,$-]+){4})\s*$' then
        raise exception 'invalid schedule: %', schedule using
            errcode = 'invalid_parameter_value',
            hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
    end if;
end
$$;

-- Keeps a job under the name of who scheduled it; a job of the same name and user is replaced.
create function cron._record(job_name text, job_schedule text, job_command text, job_database text, job_user text, is_active boolean)
    returns bigint language plpgsql security definer set search_path = '' as $$
declare
    recorded bigint;
begin
    perform cron._check_schedule(job_schedule);
    insert into cron.job as existing (schedule, command, database, username, active, jobname)
        values (job_schedule, job_command, coalesce(job_database, current_database()), job_user, coalesce(is_active, true), job_name)
        on conflict (jobname, username) do update set
            schedule = excluded.schedule, command = excluded.command, database = excluded.database, active = excluded.active
        returning jobid into recorded;
    return recorded;
end
$$;

create function cron._remove(job bigint, job_name text, job_user text) returns boolean language plpgsql security definer set search_path = '' as $$
begin
    delete from cron.job as existing where username = job_user and (jobid = _remove.job or jobname = job_name);
    if not found then
        raise exception 'could not find valid entry for job %', coalesce(quote_literal(job_name), job::text);
    end if;
    return true;
end
$$;

create function cron.schedule(schedule text, command text) returns bigint language sql strict set search_path = '' as $$
    select cron._record(null, schedule, command, null, current_user::text, true)
$$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint language plpgsql set search_path = '' as $$
begin
    if job_name is null then
        raise exception 'job_name can not be NULL';
    end if;
    return cron._record(job_name, schedule, command, null, current_user::text, true);
end
$$;

create function cron.schedule_in_database(
    job_name text, schedule text, command text, database text, username text default null, active boolean default true)
    returns bigint language sql set search_path = '' as $$
    select cron._record(job_name, schedule, command, database, coalesce(username, current_user::text), active)
$$;

create function cron.unschedule(job_id bigint) returns boolean language sql strict set search_path = '' as $$
    select cron._remove(job_id, null, current_user::text)
$$;

create function cron.unschedule(job_name text) returns boolean language sql strict set search_path = '' as $$
    select cron._remove(null, job_name, current_user::text)
$$;

create function cron.alter_job(
    job_id bigint, schedule text default null, command text default null, database text default null,
    username text default null, active boolean default null) returns void language plpgsql security definer set search_path = '' as $$
begin
    if schedule is not null then
        perform cron._check_schedule(schedule);
    end if;
    update cron.job set
        schedule = coalesce(alter_job.schedule, job.schedule),
        command = coalesce(alter_job.command, job.command),
        database = coalesce(alter_job.database, job.database),
        username = coalesce(alter_job.username, job.username),
        active = coalesce(alter_job.active, job.active)
    where jobid = job_id;
    if not found then
        raise exception 'Job % does not exist or you don''t own it', job_id;
    end if;
end
$$;

-- The platform's rights: postgres schedules through the functions, and reads the jobs.
revoke all on function cron.alter_job(bigint, text, text, text, text, boolean) from public;
revoke all on function cron.schedule_in_database(text, text, text, text, text, boolean) from public;
grant select on cron.job, cron.job_run_details to public;
grant delete on cron.job_run_details to public;
grant select on sequence cron.jobid_seq, cron.runid_seq to public;
grant usage on schema cron to postgres with grant option;
grant all on all functions in schema cron to postgres with grant option;
grant all on all tables in schema cron to postgres with grant option;
revoke all on table cron.job from postgres;
grant select on table cron.job to postgres with grant option;
