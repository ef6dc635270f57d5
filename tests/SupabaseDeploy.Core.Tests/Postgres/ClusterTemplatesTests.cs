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
        string key = new ClusterTemplates(folders, TimeSpan.FromMinutes(1), TimeProvider.System).Key(new PostgresInstallations(folders: folders).Find()!);
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
}
