using System.Security.Cryptography;
using System.Text;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class AppliedFileTests : MigrationTest
{
    [Fact]
    public async Task Edited_files_are_found_by_the_statements_in_the_history_and_comments_are_told_apart()
    {
        Write("1_same.sql", "create table a (id int);");
        Write("2_comments.sql", "-- why\ncreate table b (id int); select 1;");
        Write("3_edited.sql", "create table c (id int);\nselect 1;\nselect 2;");
        Write("4_copy.sql", "copy a from stdin;\n1\n\\.\n");
        await ApplyAsync();
        Write("2_comments.sql", "-- because\r\ncreate  table b (\n id int /* key */ );\nselect 1");
        Write("3_edited.sql", "create table c (id bigint);\nselect 1;\nselect 3;\nselect 2;");

        IReadOnlyList<MigrationStatus> statuses = await StatusesAsync();

        Assert.Equal(
            [("1", MigrationState.Applied, MigrationContent.Same), ("2", MigrationState.CommentsEdited, MigrationContent.CommentsEdited), ("3", MigrationState.Edited, MigrationContent.Edited), ("4", MigrationState.Applied, MigrationContent.Same)],
            statuses.Select(status => (status.Version, status.State, status.Content)));
        Assert.Equal(
            ["@@ statement 1 @@\n- create table c (id int)\n+ create table c (id bigint)", "@@ statement 3 @@\n+ select 3"],
            statuses[2].Difference.Select(change => change.ToString()));
    }

    [Fact]
    public async Task Rows_without_statements_give_no_evidence_and_whole_or_differently_cut_ones_are_read_as_what_they_are()
    {
        await ExecuteAsync(
            """
            create schema supabase_migrations;
            create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text, created_by text);
            insert into supabase_migrations.schema_migrations values
                ('1', null, 'null', 'x'), ('2', '{}', 'none', 'x'), ('3', array[E'select 1;\nselect 2;\n'], 'whole', 'x'), ('4', array['select 1', null, 'select 2'], 'cut', 'x'), ('5', '{}', 'empty', null);
            """);
        foreach (string name in (string[])["1_null", "2_none", "3_whole", "4_cut"])
        {
            Write(name + ".sql", "select 1;\nselect 2;");
        }

        Write("5_empty.sql", "");

        IReadOnlyList<MigrationStatus> statuses = await StatusesAsync();

        Assert.All(statuses, status => Assert.Equal(MigrationState.Applied, status.State));
        Assert.Equal(
            [MigrationContent.Unknown, MigrationContent.Unknown, MigrationContent.Same, MigrationContent.Same, MigrationContent.Same],
            statuses.Select(status => status.Content));
    }

    [Fact]
    public async Task A_history_without_the_column_of_statements_gives_no_evidence()
    {
        await ExecuteAsync("create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key); insert into supabase_migrations.schema_migrations values ('1')");
        Write("1_a.sql", "select 1");

        MigrationStatus status = Assert.Single(await StatusesAsync());

        Assert.Equal((MigrationState.Applied, MigrationContent.Unknown, null), (status.State, status.Content, status.RecordedName));
    }

    [Fact]
    public async Task An_edited_file_is_a_warning_or_an_error_as_asked_and_a_new_file_runs_beside_it()
    {
        Write("1_a.sql", "create table a (id int)");
        await ApplyAsync();
        Write("1_a.sql", "create table a (id bigint)");
        Write("2_b.sql", "create table b (id int)");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => new MigrationRunner().ApplyAsync(Request with { RefuseEdited = true }, Sink, default));
        MigrationRun run = await ApplyAsync();

        Assert.Equal(ErrorTable.AppliedMigrationEdited, e.Code);
        Assert.Equal("'1_a.sql' (statement 1) was edited after being applied; the database has what was applied then. Nothing was run.", e.Message);
        Assert.StartsWith("Take the edit back and write it as a new migration", e.Remedy, StringComparison.Ordinal);
        Assert.Equal(["2"], run.Applied.Select(migration => migration.Version));
        Assert.StartsWith("'1_a.sql' (statement 1) was edited after being applied; the database has what was applied then. Take", Assert.Single(Sink.Events.OfType<Caution>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renamed_file_is_a_warning_and_another_file_of_an_applied_version_is_refused()
    {
        Write("1_a.sql", "create table a (id int); select 1;");
        Write("2_b.sql", "create table b (id int);");
        await ApplyAsync();
        File.Move(Path.Combine(Folder.Path, "1_a.sql"), Path.Combine(Folder.Path, "1_first.sql"));

        Assert.Equal([MigrationState.Renamed, MigrationState.Applied], (await StatusesAsync()).Select(status => status.State));
        Assert.False((await ApplyAsync()).Changed);
        Assert.Equal(
            "Version '1' is recorded as 'a', and its file is '1_first.sql'. Rename the file back, or let 'Repair-Migration' record the new name.",
            Assert.Single(Sink.Events.OfType<Caution>()).Message);

        File.Delete(Path.Combine(Folder.Path, "2_b.sql"));
        Write("2_other.sql", "create table other (id int);");
        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());
        Assert.Equal(ErrorTable.MigrationVersionTaken, e.Code);
        Assert.Equal("'2_other.sql' was never applied: version '2' is recorded as 'b', with other statements. Nothing was run.", e.Message);
        Assert.Equal("Let 'Repair-Migration' give the file a version of its own, or rename it.", e.Remedy);
        Assert.Equal([MigrationState.Renamed, MigrationState.OtherMigration], (await StatusesAsync()).Select(status => status.State));
    }

    [Fact]
    public async Task An_older_file_is_out_of_order_and_runs_when_asked_to()
    {
        Write("2_b.sql", "create table b (id int)");
        await ApplyAsync();
        Write("1_a.sql", "create table a (id int)");
        Write("3_c.sql", "create table c (id int)");

        Assert.Equal([MigrationState.OutOfOrder, MigrationState.Applied, MigrationState.Pending], (await StatusesAsync()).Select(status => status.State));
        MigrationRun run = await new MigrationRunner().ApplyAsync(Request with { IncludeOutOfOrder = true }, Sink, default);

        Assert.Equal(["1", "3"], run.Applied.Select(migration => migration.Version));
        Assert.Equal(("3", 3), (run.Version, run.Total));
    }

    [Fact]
    public async Task Of_two_files_of_one_version_the_one_that_was_applied_has_it()
    {
        Write("1_b.sql", "create table b (id int)");
        await ApplyAsync();
        Write("1_a.sql", "create table a (id int)");
        Write("2_c.sql", "select 1");
        Write("2_d.sql", "select 2");

        Assert.Equal(
            [("1_a", MigrationState.DuplicateVersion), ("1_b", MigrationState.Applied), ("2_c", MigrationState.Pending), ("2_d", MigrationState.DuplicateVersion)],
            (await StatusesAsync()).Select(status => ($"{status.Version}_{status.Name}", status.State)));
        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());
        Assert.Equal("Version '1' is used by two files: '1_a.sql' and '1_b.sql'.", e.Message);
        Assert.Equal("Let 'Repair-Migration' give the one that is not applied a version of its own, or rename it.", e.Remedy);
    }

    [Theory]
    [InlineData("select 1; select 2;", true)]
    [InlineData("\uFEFF\n;select 1\u00a0;\r\n select 2", true)]
    [InlineData("select 1 select 2", false)]
    [InlineData("select 1; select 2; --", false)]
    [InlineData("select 1; select 3", false)]
    [InlineData("select 1", false)]
    [InlineData("", false)]
    [InlineData("select 12 select ", false)]
    public void A_file_that_plainly_holds_the_statements_of_its_row_is_not_parsed(string file, bool expected)
    {
        var recorded = new RecordedStatements([8, 8], SHA256.HashData("select 1\u0001select 2"u8));

        Assert.Equal(expected, recorded.AreIn(Encoding.UTF8.GetBytes(file)));
        Assert.True(RecordedStatements.None.AreIn(" ;\n"u8));
        Assert.False(RecordedStatements.None.AreIn("--"u8));
    }

    [Fact]
    public async Task A_file_that_is_not_UTF_8_is_compared_as_the_CLI_read_it()
    {
        string path = Write("1_a.sql", "");
        await File.WriteAllBytesAsync(path, [.. "select '"u8, 0xE4, .. "';"u8]);
        await ExecuteAsync(
            """
            create schema supabase_migrations;
            create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
            insert into supabase_migrations.schema_migrations values ('1', array[E'select ''\ufffd'''], 'a');
            """);

        Assert.Equal(MigrationContent.Same, Assert.Single(await StatusesAsync()).Content);
    }

    private Task<IReadOnlyList<MigrationStatus>> StatusesAsync() => MigrationStatus.ReadAsync(Request.Environment, Request.Database, Sink, default);
}
