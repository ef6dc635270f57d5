-- As projects make a role for their reports and one for what reads the write-ahead log.
create role idiom_reports with login bypassrls password 'of the reports';
do $$
begin
    if not exists (select from pg_roles where rolname = 'idiom_log') then
        create role idiom_log with replication bypassrls login;
    end if;
    execute format('alter role %I with password %L', 'idiom_log', 'of the log');
end
$$;
alter role idiom_reports nobypassrls;
alter user idiom_log connection limit 3;
grant idiom_reports to service_role;

do $$
begin
    if (select string_agg(format('%s %s %s', rolname, rolreplication, rolbypassrls), ', ' order by rolname) from pg_roles where rolname like 'idiom%')
        is distinct from 'idiom_log t t, idiom_reports f f'
    then
        raise exception 'the roles are not as they were asked for';
    end if;
end
$$;
drop role idiom_log, idiom_reports;
