using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class SnapshotTests : ShadowTest
{
    private const string Applied = "select version from supabase_migrations.schema_migrations order by 1";

    [Fact]
    public async Task A_chain_is_applied_once_and_copied_with_all_that_it_did_to_the_server()
    {
        Write("1_roles.sql", "create role course_reader nologin; alter role course_reader set statement_timeout = '7s'; grant course_reader to authenticated;");
        Write("2_database.sql", "alter database postgres set statement_timeout = '9s'; create extension citext schema extensions;");
        Write("3_table.sql", "create table courses (id int primary key); create unlogged table hits (n int); insert into hits values (42);");
        Write("4_publication.sql", "alter publication supabase_realtime add table courses; create role course_owner nologin; grant course_owner to postgres; grant select on courses to course_owner;");
        const string everything =
            """
            select concat_ws('|',
                current_setting('statement_timeout'),
                (select rolconfig::text from pg_roles where rolname = 'course_reader'),
                pg_has_role('authenticated', 'course_reader', 'member'),
                (select extname from pg_extension where extname = 'citext'),
                (select n from hits),
                (select tablename from pg_publication_tables where pubname = 'supabase_realtime'),
                has_table_privilege('course_owner', 'courses', 'select'))
            """;
        const string expected = "9s|{statement_timeout=7s}|t|citext|42|courses|t";

        await using (ShadowDatabase first = await OpenAsync())
        {
            Assert.Equal((0, expected), (first.CachedFiles, (await QueryAsync(first.Application, everything)).Single()));
        }

        await using ShadowDatabase second = await OpenAsync();
        await using ShadowDatabase third = await OpenAsync();

        Assert.Equal((4, expected), (second.CachedFiles, (await QueryAsync(second.Application, everything)).Single()));
        Assert.Equal((4, expected), (third.CachedFiles, (await QueryAsync(third.Application, everything)).Single()));
        Assert.Equal(["1", "2", "3", "4"], await QueryAsync(second.Application, Applied));
        Assert.Single(Snapshots);
    }

    [Fact]
    public async Task A_new_file_costs_that_file_and_an_edited_one_is_applied_anew_with_what_follows()
    {
        Write("1_a.sql", "create table a (id int);");
        Write("2_b.sql", "create table b (id int);");
        await CloseAsync();
        Write("3_c.sql", "create table c (id int);");
        Assert.Equal(2, await CloseAsync());
        Assert.Equal(3, await CloseAsync());

        // The chain of two was built before: what is edited now lies behind it.
        Write("3_c.sql", "create table c (id int, name text);");
        Assert.Equal(2, await CloseAsync());

        // Here no snapshot helps, but where the chains part one is kept for the next edit.
        Write("2_b.sql", "create table b (id int, name text);");
        Assert.Equal(0, await CloseAsync());
        Write("2_b.sql", "create table b (id int, name text, note text);");
        Assert.Equal(1, await CloseAsync());
        await using ShadowDatabase last = await OpenAsync();
        Assert.Equal(3, last.CachedFiles);
        Assert.Equal(["id", "name", "note"], await QueryAsync(last.Application, "select attname::text from pg_attribute where attrelid = 'b'::regclass and attnum > 0 order by attnum"));
    }

    [Fact]
    public async Task A_file_that_gets_another_name_is_another_chain()
    {
        Write("1_a.sql", "create table a (id int);");
        await CloseAsync();
        File.Move(Path.Combine(MigrationsFolder, "1_a.sql"), Path.Combine(MigrationsFolder, "1_b.sql"));

        Assert.Equal(0, await CloseAsync());
    }

    [Fact]
    public async Task Many_at_once_on_an_empty_cache_all_get_the_chain_and_leave_one_snapshot()
    {
        Write("1_a.sql", "create role a_role; create table a (id int);");

        ShadowDatabase[] all = await Task.WhenAll(OpenAsync(), OpenAsync(), OpenAsync());
        foreach (ShadowDatabase shadow in all)
        {
            Assert.Equal(["1"], await QueryAsync(shadow.Application, Applied));
            await shadow.DisposeAsync();
        }

        Assert.Single(Directory.GetFileSystemEntries(Folders.Snapshots));
        Assert.Equal(1, await CloseAsync());
    }

    [Fact]
    public async Task The_snapshot_used_longest_ago_goes_when_there_is_no_room_for_a_new_one()
    {
        Write("1_a.sql", "create table a (id int);");
        await CloseAsync();
        long size = SnapshotRecord.Read(Assert.Single(Snapshots))!.Size;
        ShadowDatabases forTwo = With((2 * size) + (size / 2));
        Write("2_b.sql", "create table b (id int);");
        await CloseAsync(forTwo);
        string older = Snapshots.Single(snapshot => SnapshotRecord.Read(snapshot)!.Keys.Count == 2);
        string newer = Snapshots.Single(snapshot => SnapshotRecord.Read(snapshot)!.Keys.Count == 3);
        Directory.SetLastWriteTimeUtc(newer, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));
        Directory.SetLastWriteTimeUtc(older, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-3));

        // Using the older one makes the other the one used longest ago.
        Write("2_b.sql", "create table b (id int, name text);");
        await CloseAsync(forTwo);

        Assert.Equal(2, Snapshots.Count);
        Assert.Contains(older, Snapshots);
        Assert.DoesNotContain(newer, Snapshots);
    }

    [Fact]
    public async Task Without_room_nothing_is_kept_and_nothing_else_is_different()
    {
        Write("1_a.sql", "create table a (id int);");

        Assert.Equal(0, await CloseAsync(With(0)));
        Assert.Equal(0, await CloseAsync(With(1000)));

        Assert.Empty(Snapshots);
    }

    [Fact]
    public async Task A_chain_that_is_applied_at_once_is_not_kept()
    {
        Write("1_a.sql", "create table a (id int);");

        await CloseAsync(new ShadowDatabases(new ClusterOptions { Folders = Folders }) { WorthKeeping = TimeSpan.FromDays(1) });

        Assert.Empty(Snapshots);
    }

    [Fact]
    public async Task A_file_edited_while_it_was_applied_is_not_kept_under_either_name()
    {
        Write("1_a.sql", "create table a (id int);");
        var editing = new EditingSink(() => Write("1_a.sql", "create table a (id int, name text);"));

        await using (ShadowDatabase shadow = await Shadows.OpenAsync(Files, editing, CancellationToken.None))
        {
            Assert.True(editing.IsDone);
        }

        Assert.Empty(Snapshots);
    }

    [Fact]
    public async Task A_snapshot_that_goes_while_it_is_looked_for_is_none()
    {
        Write("1_a.sql", "create table a (id int);");
        await CloseAsync();
        Directory.Delete(Path.Combine(Assert.Single(Snapshots), "data"), recursive: true);

        Assert.Equal(0, await CloseAsync());
    }

    private async Task<int> CloseAsync(ShadowDatabases? shadows = null)
    {
        await using ShadowDatabase shadow = await (shadows ?? Shadows).OpenAsync(Files, Sink, CancellationToken.None);
        return shadow.CachedFiles;
    }

    /// <summary>Edits when a snapshot is about to be kept.</summary>
    private sealed class EditingSink(Action edit) : IProgressSink
    {
        public bool IsDone { get; private set; }

        public void Publish(DeployEvent deployEvent)
        {
            if (deployEvent is Detail detail && detail.Message.StartsWith("Keeping", StringComparison.Ordinal))
            {
                edit();
                IsDone = true;
            }
        }
    }
}
