using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class SqlScriptTests
{
    [Theory]
    [InlineData("create table t (id int); insert into t values (1);", "OneTransaction")]
    [InlineData("", "OneTransaction")]
    [InlineData("-- nothing", "OneTransaction")]
    [InlineData("lock table t; savepoint a; rollback to a; rollback to savepoint a; release a; set local x.y = 1", "OneTransaction")]
    [InlineData("prepare p as select 1; execute p", "OneTransaction")]
    [InlineData("cluster t; refresh materialized view concurrently v; alter type e add value 'x'", "OneTransaction")]
    [InlineData("create index concurrently i on t (a)", "EachAlone")]
    [InlineData("-- why\nset statement_timeout = 0;\ncreate unique index concurrently if not exists i on t (a); drop index concurrently j;", "EachAlone")]
    [InlineData("vacuum analyze t", "EachAlone")]
    [InlineData("alter system set work_mem = '8MB'", "EachAlone")]
    [InlineData("reindex (verbose, concurrently) table t", "EachAlone")]
    [InlineData("alter table only s.t detach partition s.p concurrently", "EachAlone")]
    [InlineData("-- pg-delta: transaction=false\ncreate table t (id int); create index concurrently i on t (id)", "EachAlone")]
    [InlineData("-- pg-delta: transaction=false \ncreate table t (id int)", "OneTransaction")]
    [InlineData("BEGIN; create table t (id int); COMMIT;", "OwnTransaction")]
    [InlineData("set search_path = ''; start transaction isolation level serializable; select 1; end; notify pgrst, 'reload schema';\n-- done", "OwnTransaction")]
    [InlineData("begin; select 1; commit; begin; select 2; commit;", "SeveralTransactions")]
    [InlineData("select 1; begin; select 2; commit;", "SeveralTransactions")]
    [InlineData("begin; select 1; commit; do $$ begin end $$;", "SeveralTransactions")]
    [InlineData("begin; select 1; commit; vacuum;", "SeveralTransactions")]
    public void A_file_is_run_as_its_statements_need(string sql, string mode) => Assert.Equal(mode, SqlScript.Parse("/m/1_a.sql", sql).Mode.ToString());

    [Theory]
    [InlineData("select 1;\ncommit; begin;\nselect 2", "line 2: 'commit' ends a transaction that the file did not open")]
    [InlineData("begin; select 1; commit;\nselect 2;\nbegin; select 3;", "line 3: 'begin' opens a transaction that the file does not commit")]
    [InlineData("begin; select 1; commit;\nprepare transaction 'x';", "line 2: 'prepare transaction 'x'' ends the transaction in a way that leaves the file without a record")]
    [InlineData("begin;\nselect 1;", "line 1: 'begin' opens a transaction that the file does not commit")]
    [InlineData("begin; begin;", "line 1: 'begin' opens a transaction inside of another")]
    [InlineData("begin;\nrollback;", "line 2: 'rollback' ends the transaction in a way that leaves the file without a record")]
    [InlineData("begin;\ncommit and chain;\ncommit;", "line 2: 'commit and chain' ends the transaction in a way that leaves the file without a record")]
    [InlineData("commit;", "line 1: 'commit' ends a transaction that the file did not open")]
    [InlineData("begin;\nvacuum;\ncommit;", "line 2: 'vacuum' cannot run in a transaction, and stands in one of the file's own")]
    [InlineData("create table t (id int);\n-- slow\ncreate index concurrently i\n on t (id);", "line 3: 'create index concurrently i' cannot run in a transaction, and line 1 needs one")]
    [InlineData("-- pg-delta: transaction=false\nbegin; commit", "line 2: 'begin' is transaction control in a file that says '-- pg-delta: transaction=false'")]
    [InlineData("select 1;\n\\connect other\nselect 2;", "line 2: '\\connect other' is a command of psql, not SQL")]
    [InlineData("select 1 \\gset", "line 1: 'select 1 \\gset' is a command of psql, not SQL")]
    public void A_file_that_could_leave_work_half_recorded_is_refused(string sql, string message)
    {
        DeployException e = Assert.Throws<DeployException>(() => SqlScript.Parse("/m/1_a.sql", sql));

        Assert.Equal(ErrorTable.MigrationRefused, e.Code);
        Assert.Equal($"'1_a.sql', {message}. Nothing was run.", e.Message);
        Assert.NotNull(e.Remedy);
    }

    [Theory]
    [InlineData("select 1; begin; select 2; commit; select 3", "Ours 0 1, Own 1 4, Ours 4 5")]
    [InlineData("set a.b = 1; begin; commit; set a.b = 2; begin; commit; notify x; -- end", "Own 0 3, Own 3 8")]
    [InlineData("select 1; set a.b = 1; vacuum; -- x\n; begin; select 2; commit; vacuum; select 2", "Ours 0 2, Alone 2 3, Own 3 7, Alone 7 8, Ours 8 9")]
    [InlineData("vacuum; begin; select 1; commit; reindex database; reset all", "Alone 0 1, Own 1 4, Alone 4 6")]
    [InlineData("begin; select 1; commit; notify x", "Own 0 4")]
    [InlineData("select 1; set a.b = 1; select 2", "Ours 0 3")]
    [InlineData("", "Ours 0 0")]
    public void Statements_are_grouped_by_what_is_committed_together(string sql, string groups) =>
        Assert.Equal(groups, string.Join(", ", SqlScript.Parse("/m/1_a.sql", sql).Groups.Select(group => $"{group.Kind} {group.First} {group.End}")));

    [Fact]
    public void A_mixed_file_is_refused_with_the_exact_split_to_make()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("20261122215959_add.sql", "create table t (id int);\n-- why\ncreate index concurrently i on t (id);\ncreate index concurrently j on t (id);\n\ninsert into t\nvalues (1);\n");
        folder.Write("20261122220005_next.sql", "");

        Assert.Equal(
            "Keep line 1 in '20261122215959_add.sql', move lines 2 to 4 to '20261122215960_add_2.sql', move lines 6 to 7 to '20261122215961_add_3.sql'.",
            Assert.Throws<DeployException>(() => SqlScript.Parse(path, File.ReadAllText(path))).Remedy);

        folder.Write("20261122215960_other.sql", "");
        Assert.Equal(
            "Keep line 1 in '20261122215959_add.sql', move lines 2 to 4 to '202611222159591_add_2.sql', move lines 6 to 7 to '202611222159592_add_3.sql'.",
            Assert.Throws<DeployException>(() => SqlScript.Parse(path, File.ReadAllText(path))).Remedy);
    }
}
