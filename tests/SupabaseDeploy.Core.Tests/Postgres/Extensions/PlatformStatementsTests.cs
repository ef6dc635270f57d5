namespace SupabaseDeploy.Postgres;

public sealed class PlatformStatementsTests
{
    [Theory]
    [InlineData("create index on t using hnsw (e vector_cosine_ops) with (m = 16, ef_construction = 64)", "create index on t using hnsw (e vector_cosine_ops) ")]
    [InlineData("CREATE UNIQUE INDEX CONCURRENTLY i ON s.\"with (\" USING \"ivfflat\" ((f(e)) o) WITH (lists='100') WHERE a > 1", "CREATE UNIQUE INDEX CONCURRENTLY i ON s.\"with (\" USING \"ivfflat\" ((f(e)) o)  WHERE a > 1")]
    [InlineData("/* why */ alter extension pg_trgm set schema extensions", "select extensions.run_as_platform('alter extension pg_trgm set schema extensions')")]
    [InlineData("create event trigger e on ddl_command_end when tag in ('CREATE TABLE') execute function f()", "select extensions.run_as_platform('create event trigger e on ddl_command_end when tag in (''CREATE TABLE'') execute function f()')")]
    public void What_a_plain_server_refuses_has_a_local_form(string written, string sent) =>
        Assert.Equal(sent, PlatformStatements.Translate(Assert.Single(SqlSplitter.Split(written))));

    [Theory]
    [InlineData("create index on t using hnsw (e vector_cosine_ops)")]
    [InlineData("create index on t (a) with (fillfactor = 70)")]
    [InlineData("create index on t using gin (a) with (fastupdate = off)")]
    [InlineData("create table using_hnsw (a int) with (fillfactor = 70)")]
    [InlineData("create extension vector")]
    [InlineData("select 'create event trigger'")]
    [InlineData("-- nothing")]
    public void Everything_else_is_sent_as_it_is_written(string written) =>
        Assert.Null(PlatformStatements.Translate(Assert.Single(SqlSplitter.Split(written))));
}
