-- As projects look for slow statements: they reset the statistics that the platform keeps, and make the extension anew elsewhere.
select query from extensions.pg_stat_statements limit 1;
select pg_stat_statements_reset();
drop extension pg_stat_statements;
create extension pg_stat_statements with schema extensions;
select extensions.pg_stat_statements_reset() is null;
grant execute on function extensions.pg_stat_statements_reset to service_role;
create view public.slow_statements as select query, calls from extensions.pg_stat_statements order by mean_exec_time desc;
select count(*) from public.slow_statements;
