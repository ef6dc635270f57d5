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
        string key = new ClusterTemplates(folders, TimeSpan.FromMinutes(1), TimeProvider.System).Key(served);
        // What a killed process, a long unused version and an unused one that was killed have left.
        string unfinished = Directory.CreateDirectory(Path.Combine(folders.Templates, key + ".making", "data", "base")).FullName;
        string unused = Directory.CreateDirectory(Path.Combine(folders.Templates, "15.1-0123456789abcdef", "data")).Parent!.FullName;
        string unusedUnfinished = Directory.CreateDirectory(Path.Combine(folders.Templates, "15.2-0123456789abcdef.making", "data")).Parent!.FullName;
        string recent = Directory.CreateDirectory(Path.Combine(folders.Templates, "15.3-0123456789abcdef", "data")).Parent!.FullName;
        DateTime longAgo = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-15);
        Directory.SetLastWriteTimeUtc(unused, longAgo);
        Directory.SetLastWriteTimeUtc(unusedUnfinished, longAgo);
        Directory.SetLastWriteTimeUtc(recent, longAgo.AddDays(2));
        var sink = new CollectingSink();

        PostgresCluster one = folder.At("one", options => options with { Folders = folders });
        PostgresCluster two = folder.At("two", options => options with { Folders = folders });
        ClusterState[] states = await Task.WhenAll(one.StartAsync(sink, CancellationToken.None), two.StartAsync(sink, CancellationToken.None));

        Assert.All(states, state => Assert.True(state.IsRunning));
        Assert.Equal(
            ((string[])[key, "15.3-0123456789abcdef"]).Order(), Directory.GetFileSystemEntries(folders.Templates).Select(Path.GetFileName).Order());
        Assert.False(Directory.Exists(unfinished));
        Assert.Single(sink.Events.OfType<ActivityCompleted>());
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(folders.Templates, key), "*", SearchOption.AllDirectories), file => Path.GetFileName(file) is "password" or "postmaster.pid");
    }

    [Fact]
    public async Task Killed_at_any_step_of_a_first_start_the_next_start_succeeds()
    {
        using var cache = new TemporaryFolder();
        File.SetUnixFileMode(cache.Path, File.GetUnixFileMode(cache.Path) | UnixFileMode.OtherExecute);
        await using var folder = new ClusterFolder();
        StateFolders folders = StateFolders.OfThisMachine() with { Cache = Path.Combine(cache.Path, "cache") };
        PostgresCluster cluster = folder.At("local", options => options with { Folders = folders });
        foreach (string step in (string[])["Initialising", "Creating the roles", "Writing the template", "Copying the template", "Setting the passwords"])
        {
            var request = new ProcessRequest("dotnet", [Repository.KilledProcess, "start", cluster.PointerFolder, step])
            {
                Environment = new Dictionary<string, string?> { [StateFolders.CacheVariable] = folders.Cache },
            };
            ProcessResult killed = await ChildProcess.RunAsync(request, CancellationToken.None);
            Assert.True(killed.ExitCode == 137, $"not killed at '{step}': {killed.ExitCode} {killed.Error}");
        }

        Assert.Equal(ClusterStatus.Missing, (await cluster.GetStateAsync(CancellationToken.None)).Status);
        Assert.True((await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None)).IsRunning);
        Assert.Single(Directory.GetDirectories(folders.Templates));
        // The server that was being prepared outlived its maker; it is gone with what it worked in.
        Assert.DoesNotContain(
            Directory.GetDirectories("/proc").Select(process => new FileInfo(Path.Combine(process, "cwd")).LinkTarget),
            cwd => cwd?.StartsWith(folders.Templates, StringComparison.Ordinal) == true);
    }
}
