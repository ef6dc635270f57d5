using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class ClusterTemplatesTests
{
    [Fact]
    public async Task Two_first_starts_at_once_make_one_template_though_an_earlier_one_was_killed_at_it()
    {
        using var cache = new TemporaryFolder();
        File.SetUnixFileMode(cache.Path, File.GetUnixFileMode(cache.Path) | UnixFileMode.OtherExecute);
        await using var folder = new ClusterFolder();
        StateFolders folders = StateFolders.OfThisMachine() with { Cache = Path.Combine(cache.Path, "cache") };
        PostgresInstallation served = await new ExtensionTrees(folders, TimeProvider.System)
            .ProvideAsync(new PostgresInstallations(folders: folders).Find()!, new HashSet<string>(), NullProgressSink.Instance, CancellationToken.None);
        string key = new ClusterTemplates(folders, TimeProvider.System).Key(served);
        Directory.CreateDirectory(folders.Templates);
        // What a killed process, long unused versions of today and of earlier days, and an unused one that was killed have left.
        string Leave(string name, int days, bool isFolder = false)
        {
            string path = Path.Combine(folders.Templates, name);
            if (isFolder)
            {
                Directory.CreateDirectory(Path.Combine(path, "data"));
            }
            else
            {
                File.WriteAllText(path, "cut short");
            }

            Directory.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-days));
            return name;
        }

        Leave(key + ".tar.making", 0);
        Leave("15.1-0123456789abcdef", 15, isFolder: true);
        Leave("15.2-0123456789abcdef.making", 15, isFolder: true);
        Leave("15.3-0123456789abcdef.tar", 15);
        Leave("15.4-0123456789abcdef.tar.making", 15);
        string recent = Leave("15.5-0123456789abcdef.tar", 13);
        var sink = new CollectingSink();

        PostgresCluster one = folder.At("one", options => options with { Folders = folders });
        PostgresCluster two = folder.At("two", options => options with { Folders = folders });
        ClusterState[] states = await Task.WhenAll(one.StartAsync(sink, CancellationToken.None), two.StartAsync(sink, CancellationToken.None));

        Assert.All(states, state => Assert.True(state.IsRunning));
        Assert.Equal(((string[])[key + ".tar", recent]).Order(), Directory.GetFileSystemEntries(folders.Templates).Select(Path.GetFileName).Order());
        Assert.Single(sink.Events.OfType<ActivityCompleted>());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folders.Templates, key + ".tar")));
    }

    [Fact]
    public async Task Killed_at_any_step_of_a_first_start_the_next_start_succeeds()
    {
        using var cache = new TemporaryFolder();
        File.SetUnixFileMode(cache.Path, File.GetUnixFileMode(cache.Path) | UnixFileMode.OtherExecute);
        await using var folder = new ClusterFolder();
        StateFolders folders = StateFolders.OfThisMachine() with { Cache = Path.Combine(cache.Path, "cache") };
        PostgresCluster cluster = folder.At("local", options => options with { Folders = folders });
        async Task StartAndKillAsync(string step)
        {
            var request = new ProcessRequest("dotnet", [Repository.KilledProcess, "start", cluster.PointerFolder, step])
            {
                Environment = new Dictionary<string, string?> { [StateFolders.CacheVariable] = folders.Cache },
            };
            ProcessResult killed = await ChildProcess.RunAsync(request, CancellationToken.None);
            Assert.True(killed.ExitCode == 137, $"not killed at '{step}': {killed.ExitCode} {killed.Error}");
        }

        foreach (string step in (string[])["Initialising", "Creating the roles", "Keeping it as a template"])
        {
            await StartAndKillAsync(step);
            Assert.Equal(ClusterStatus.Missing, (await cluster.GetStateAsync(CancellationToken.None)).Status);
        }

        // From here on there is a template to copy.
        await folder.At("other", options => options with { Folders = folders }).StartAsync(NullProgressSink.Instance, CancellationToken.None);
        foreach (string step in (string[])["Copying the template", "Setting the passwords"])
        {
            await StartAndKillAsync(step);
        }

        Assert.Equal(ClusterStatus.Missing, (await cluster.GetStateAsync(CancellationToken.None)).Status);
        Assert.True((await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None)).IsRunning);
        Assert.EndsWith(".tar", Assert.Single(Directory.GetFileSystemEntries(folders.Templates)), StringComparison.Ordinal);
        // Servers that were being prepared outlived their makers; they are gone with what they worked in.
        Assert.DoesNotContain(
            Directory.GetDirectories("/proc").Select(process => new FileInfo(Path.Combine(process, "cwd")).LinkTarget),
            cwd => cwd?.EndsWith(" (deleted)", StringComparison.Ordinal) == true && cwd.StartsWith(StateFolders.OfThisMachine().Cache, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    public async Task A_damaged_template_is_made_anew(double kept)
    {
        using var cache = new TemporaryFolder();
        File.SetUnixFileMode(cache.Path, File.GetUnixFileMode(cache.Path) | UnixFileMode.OtherExecute);
        await using var folder = new ClusterFolder();
        StateFolders folders = StateFolders.OfThisMachine() with { Cache = Path.Combine(cache.Path, "cache") };
        PostgresCluster At(string name) => folder.At(name, options => options with { Folders = folders });
        await At("first").StartAsync(NullProgressSink.Instance, CancellationToken.None);
        string template = Assert.Single(Directory.GetFiles(folders.Templates, "*.tar"));
        byte[] whole = await File.ReadAllBytesAsync(template);
        // Where the second header should be is something else, as when the first file has grown; or the end is missing.
        byte[] damaged = kept < 1 ? whole[..(((int)(whole.Length * kept) & ~511) + 100)] : [.. whole[..512], .. new byte[512].Select(_ => (byte)'x'), .. whole[512..]];
        await File.WriteAllBytesAsync(template, damaged);
        var sink = new CollectingSink();

        ClusterState state = await At("second").StartAsync(sink, CancellationToken.None);

        Assert.True(state.IsRunning);
        Assert.Contains(sink.Events, said => said is Notice { Message: var message } && message.Contains($"'{template}' is damaged", StringComparison.Ordinal));
        Assert.True((await At("third").StartAsync(NullProgressSink.Instance, CancellationToken.None)).IsRunning);
    }

    [Fact]
    public async Task What_the_first_start_made_and_what_is_copied_of_it_are_the_same_and_durable()
    {
        using var cache = new TemporaryFolder();
        File.SetUnixFileMode(cache.Path, File.GetUnixFileMode(cache.Path) | UnixFileMode.OtherExecute);
        await using var folder = new ClusterFolder();
        StateFolders folders = StateFolders.OfThisMachine() with { Cache = Path.Combine(cache.Path, "cache") };
        PostgresCluster Durable(string name) => folder.At(name, options => options with { Folders = folders, IsThrowAway = false });
        PostgresCluster[] clusters = [Durable("first"), Durable("copied")];
        foreach (PostgresCluster cluster in clusters)
        {
            await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);

            Assert.Equal("on", await ClusterFolder.QueryAsync<string>(cluster.Application, "show fsync"));
            Assert.Equal("on", await ClusterFolder.QueryAsync<string>(cluster.Application, "show full_page_writes"));
            Assert.Equal("on", await ClusterFolder.QueryAsync<string>(cluster.Application, "show autovacuum"));
            Assert.Equal(["_supabase_deploy", "postgres", "template0", "template1"], await ClusterFolder.QueryAsync<string[]>(
                cluster.Application, "select array_agg(datname::text order by datname) from pg_database"));
            Assert.Equal("postgres", await ClusterFolder.QueryAsync<string>(cluster.Application with { Database = "_supabase_deploy" }, "select current_user::text"));
            Assert.False(await ClusterFolder.QueryAsync<bool>(cluster.Administration, "select pg_is_in_recovery()"));
        }

        DatabaseAddress[] mixed = [clusters[0].Application with { Password = clusters[1].Application.Password }, clusters[1].Administration with { Password = clusters[0].Administration.Password }];
        foreach (DatabaseAddress address in mixed)
        {
            Assert.Equal(ErrorTable.DatabaseAuthenticationFailed, (await Assert.ThrowsAsync<DeployException>(() => address.OpenAsync(CancellationToken.None))).Code);
        }

        string log = await File.ReadAllTextAsync(clusters[1].LogFile!);
        Assert.DoesNotContain("was not properly shut down", log, StringComparison.Ordinal);
    }
}
