namespace SupabaseDeploy.Postgres;

public sealed class PlatformStatementsTests
{
    [Theory]
    [InlineData("create index on t using hnsw (e vector_cosine_ops) with (m = 16, ef_construction = 64)", "create index on t using hnsw (e vector_cosine_ops) ")]
    [InlineData("CREATE UNIQUE INDEX CONCURRENTLY i ON s.\"with (\" USING \"ivfflat\" ((f(e)) o) WITH (lists='100') WHERE a > 1", "CREATE UNIQUE INDEX CONCURRENTLY i ON s.\"with (\" USING \"ivfflat\" ((f(e)) o)  WHERE a > 1")]
    [InlineData("/* why */ alter extension pg_trgm set schema extensions", "select extensions.run_as_platform('alter extension pg_trgm set schema extensions')")]
    [InlineData("create publication p for all tables with (publish = 'insert')", "select extensions.run_as_platform('create publication p for all tables with (publish = ''insert'')')")]
    [InlineData("create foreign data wrapper w handler h", "select extensions.run_as_platform('create foreign data wrapper w handler h')")]
    [InlineData("ALTER PUBLICATION p ADD TABLES IN SCHEMA public", "select extensions.run_as_platform('ALTER PUBLICATION p ADD TABLES IN SCHEMA public')")]
    [InlineData("create event trigger e on ddl_command_end when tag in ('CREATE TABLE') execute function f()", "select extensions.run_as_platform('create event trigger e on ddl_command_end when tag in (''CREATE TABLE'') execute function f()')")]
    [InlineData(
        "do $$ begin if not exists (select 1 from pg_event_trigger where evtname = 'e') then create event trigger e on ddl_command_end when tag in ('CREATE TABLE') execute function f(); end if; end $$",
        "do $$ begin if not exists (select 1 from pg_event_trigger where evtname = 'e') then perform extensions.run_as_platform('create event trigger e on ddl_command_end when tag in (''CREATE TABLE'') execute function f()'); end if; end $$")]
    [InlineData(
        "DO LANGUAGE plpgsql $d$ begin DROP EVENT TRIGGER IF EXISTS e; execute $q$ create event trigger e on sql_drop execute function f() $q$; exception when duplicate_object then null; end $d$",
        "DO LANGUAGE plpgsql $d$ begin perform extensions.run_as_platform('DROP EVENT TRIGGER IF EXISTS e'); perform extensions.run_as_platform($q$ create event trigger e on sql_drop execute function f() $q$); exception when duplicate_object then null; end $d$")]
    [InlineData(
        "do $$ begin execute format('alter event trigger %I disable', 'e'); end $$",
        "do $$ begin perform extensions.run_as_platform(format('alter event trigger %I disable', 'e')); end $$")]
    [InlineData("create role r with login bypassrls password 'x'", "select extensions.run_as_platform('create role r with login bypassrls password ''x''')")]
    [InlineData("ALTER USER r NOREPLICATION", "select extensions.run_as_platform('ALTER USER r NOREPLICATION')")]
    [InlineData("alter role r with password 'of one that replicates'", "select extensions.run_as_platform('alter role r with password ''of one that replicates''')")]
    [InlineData(
        "do $$ begin if not exists (select from pg_roles where rolname = 'r') then create role r replication login; end if; execute format('alter role %I bypassrls', 's'); end $$",
        "do $$ begin if not exists (select from pg_roles where rolname = 'r') then perform extensions.run_as_platform('create role r replication login'); end if; perform extensions.run_as_platform(format('alter role %I bypassrls', 's')); end $$")]
    public void What_a_plain_server_refuses_has_a_local_form(string written, string sent) =>
        Assert.Equal(sent, PlatformStatements.Translate(Assert.Single(SqlSplitter.Split(written)), 15));

    [Theory]
    [InlineData("create index on t using hnsw (e vector_cosine_ops)")]
    [InlineData("create index on t (a) with (fillfactor = 70)")]
    [InlineData("create index on t using gin (a) with (fastupdate = off)")]
    [InlineData("create table using_hnsw (a int) with (fillfactor = 70)")]
    [InlineData("create extension vector")]
    [InlineData("create publication p for table tables, in_schema")]
    [InlineData("alter publication supabase_realtime add table public.all_tables")]
    [InlineData("create foreign table t (a int) server s")]
    [InlineData("create role r superuser bypassrls")]
    [InlineData("create role \"bypassrls\" login")]
    [InlineData("alter role r set search_path = replication")]
    [InlineData("alter role current_user bypassrls")]
    [InlineData("create user mapping for r server s options (user 'u')")]
    [InlineData("alter user mapping for r server s options (user 'u')")]
    [InlineData("do $$ begin create role r login; execute 'create role s nobypassrls'; alter role r set role = 'x'; end $$")]
    [InlineData("select 'create event trigger'")]
    [InlineData("do $$ begin create trigger t before insert on a for each row execute function f(); end $$")]
    [InlineData("do $$ begin raise notice 'create event trigger e'; execute 'create table event_trigger (a int)'; end $$")]
    [InlineData("do 'begin create event trigger e on sql_drop execute function f(); end'")]
    [InlineData("-- nothing")]
    public void Everything_else_is_sent_as_it_is_written(string written) =>
        Assert.Null(PlatformStatements.Translate(Assert.Single(SqlSplitter.Split(written)), 15));

    [Theory]
    [InlineData("create role r with login bypassrls")]
    [InlineData("alter role r replication")]
    [InlineData("do $$ begin create role r replication login; end $$")]
    public void From_version_16_on_a_plain_server_lets_postgres_give_what_it_has(string written) =>
        Assert.Null(PlatformStatements.Translate(Assert.Single(SqlSplitter.Split(written)), 16));
}
