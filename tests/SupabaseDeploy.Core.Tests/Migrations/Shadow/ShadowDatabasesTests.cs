using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class ShadowDatabasesTests : ShadowTest
{
    private const string ServerWide =
        """
        create role course_reader nologin;
        alter role course_reader set statement_timeout = '7s';
        grant course_reader to authenticated;
        alter database postgres set statement_timeout = '9s';
        alter role authenticator set pgrst.db_schemas = 'public, courses';
        """;

    [Fact]
    public async Task A_shadow_has_the_chain_applied_and_recorded_and_takes_roles_and_settings_with_it_when_it_goes()
    {
        Write("1_courses.sql", "create table courses (id int primary key);");
        Write("2_server_wide.sql", ServerWide);
        string[] pointers;
        await using (ShadowDatabase shadow = await OpenAsync())
        {
            Assert.Equal(["1", "2"], await QueryAsync(shadow.Application, "select version from supabase_migrations.schema_migrations order by 1"));
            Assert.Equal(["9s"], await QueryAsync(shadow.Application, "select current_setting('statement_timeout')"));
            Assert.Equal(["supabase_admin"], await QueryAsync(shadow.Administration, "select current_user::text"));
            Assert.Equal([shadow.ServerVersion.ToString()], await QueryAsync(shadow.Application, "select split_part(current_setting('server_version'), ' ', 1)"));
            pointers = Directory.GetDirectories(Folders.Shadows);
        }

        Assert.Single(pointers);
        Assert.Empty(Directory.GetFileSystemEntries(Folders.Shadows));
        await using ShadowDatabase second = await OpenAsync();
        Assert.Equal(
            ["course_reader|{statement_timeout=7s}"],
            await QueryAsync(second.Application, "select rolname || '|' || rolconfig::text from pg_roles where rolname = 'course_reader'"));
    }

    [Fact]
    public async Task Two_shadows_at_once_make_the_same_role_without_knowing_of_each_other()
    {
        Write("1_server_wide.sql", ServerWide);

        ShadowDatabase[] both = await Task.WhenAll(OpenAsync(), OpenAsync());

        Assert.NotEqual(both[0].Application.Port, both[1].Application.Port);
        await both[0].DisposeAsync();
        Assert.Equal(["1"], await QueryAsync(both[1].Application, "select version from supabase_migrations.schema_migrations"));
        await both[1].DisposeAsync();
    }

    [Fact]
    public async Task The_first_files_alone_and_no_files_at_all_make_a_shadow_too()
    {
        Write("1_courses.sql", "create table courses (id int primary key);");
        Write("2_broken.sql", "select 1/0;");

        await using ShadowDatabase first = await Shadows.OpenAsync([.. Files.Take(1)], Sink, CancellationToken.None);
        await using ShadowDatabase empty = await Shadows.OpenAsync([], Sink, CancellationToken.None);

        Assert.Equal(["courses"], await QueryAsync(first.Application, "select tablename::text from pg_tables where schemaname = 'public'"));
        Assert.Empty(await QueryAsync(empty.Application, "select tablename::text from pg_tables where schemaname = 'public'"));
    }

    [Fact]
    public async Task A_file_that_does_not_apply_is_named_and_leaves_no_server()
    {
        Write("1_courses.sql", "create table courses (id int primary key);");
        Write("2_broken.sql", "select 1/0;");

        DeployException failure = await Assert.ThrowsAsync<DeployException>(OpenAsync);

        Assert.Equal(ErrorTable.ShadowNotBuilt, failure.Code);
        Assert.Contains("2_broken.sql", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Folders.Shadows));
    }
}
