using SupabaseDeploy.Events;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class ExtensionTreesTests
{
    [Theory]
    [InlineData("/usr/lib/postgresql/15/bin", "/usr/share/postgresql/15", "/usr")]
    [InlineData("/usr/local/pgsql/bin", "/usr/local/pgsql/share", "/usr/local/pgsql")]
    [InlineData("/opt/a/bin", "/opt/ab/share", "/opt")]
    [InlineData("/a/bin", "/b/share", "/")]
    public void The_tree_stands_for_the_nearest_folder_above_programs_and_shared_files(string bin, string share, string expected) =>
        Assert.Equal(expected, InstallationLayout.CommonFolder(bin, share));

    [Fact]
    public async Task Two_processes_make_one_tree_and_a_damaged_one_is_made_again()
    {
        using var cache = new TemporaryFolder();
        File.SetUnixFileMode(cache.Path, File.GetUnixFileMode(cache.Path) | UnixFileMode.OtherExecute);
        StateFolders folders = StateFolders.OfThisMachine() with { Cache = Path.Combine(cache.Path, "with space") };
        PostgresInstallation installation = new PostgresInstallations(folders: folders).Find()!;
        Task<PostgresInstallation> ProvideAsync() =>
            new ExtensionTrees(folders, TimeProvider.System).ProvideAsync(installation, new HashSet<string>(), NullProgressSink.Instance, CancellationToken.None);

        // What was not used for long goes, what was used lately stays.
        string unused = Directory.CreateDirectory(Path.Combine(folders.Cache, "trees", "15.1-0123456789abcdef", "lib")).Parent!.FullName;
        string recent = Directory.CreateDirectory(Path.Combine(folders.Cache, "trees", "15.2-0123456789abcdef")).FullName;
        File.SetUnixFileMode(folders.Cache, File.GetUnixFileMode(cache.Path));
        Directory.SetLastWriteTimeUtc(unused, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-15));

        PostgresInstallation[] made = await Task.WhenAll(Task.Run(ProvideAsync), Task.Run(ProvideAsync));
        Assert.Equal(made[0].BinFolder, made[1].BinFolder);
        Assert.False(Directory.Exists(unused));
        string tree = Assert.Single(Directory.GetFileSystemEntries(Path.Combine(folders.Cache, "trees")), entry => entry != recent);

        // As on the platform, what an extension makes belongs to the superuser, and postgres may create it.
        var own = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        string control = Assert.Single(Directory.GetFiles(tree, "citext.control", own));
        Assert.EndsWith("\nsuperuser = true\ntrusted = true\n", await File.ReadAllTextAsync(control), StringComparison.Ordinal);

        // As after a power failure.
        await File.WriteAllTextAsync(made[0].Program("postgres"), "");
        PostgresInstallation again = await ProvideAsync();

        Assert.Equal(new FileInfo(installation.Program("postgres")).Length, new FileInfo(again.Program("postgres")).Length);
        Assert.StartsWith(tree, again.BinFolder, StringComparison.Ordinal);
        ProcessRequest version = again.Request("pg_ctl", "--version") with { RunAs = folders.ServerUser?.Name };
        (await ChildProcess.RunAsync(version, CancellationToken.None)).EnsureSuccess(version);
    }

    [Fact]
    public void Libraries_that_a_person_set_to_be_loaded_are_read_from_the_servers_own_files()
    {
        using var folder = new TemporaryFolder();
        folder.Write("postgresql.conf", "#shared_preload_libraries = 'a'\nport = 1\n");
        folder.Write("postgresql.auto.conf", "shared_preload_libraries = 'pg_cron, pg_stat_statements'\n");

        Assert.Equal(["pg_cron", "pg_stat_statements"], ServerSettings.PreloadedLibraries(folder.Path).Order(StringComparer.Ordinal));
    }
}
