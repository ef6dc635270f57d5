using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class PostgresInstallationsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PostgresInstallationsTests() =>
        // As root, candidates are tried as the user that servers run as, who must get there.
        File.SetUnixFileMode(_folder.Path, File.GetUnixFileMode(_folder.Path) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead | UnixFileMode.GroupExecute);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_newest_complete_one_wins_and_is_told_with_the_reason()
    {
        Install("old", "15.18");
        string newest = Install("new", "17.2 (Debian 17.2-1)");
        Install("middle", "16.4");
        var sink = new CollectingSink();

        PostgresInstallation found = await Search("old", "new", "middle").FindOrInstallAsync(sink, CancellationToken.None);

        Assert.Equal((newest, new Version(17, 2), "PATH"), (found.BinFolder, found.Version, found.Source));
        Assert.Equal([new Detail($"Using PostgreSQL 17.2 in '{newest}' (PATH): the newest complete one from version 15.")], sink.Events);
    }

    [Fact]
    public async Task A_newer_one_that_lacks_a_program_or_is_broken_is_passed_over()
    {
        string complete = Install("complete", "15.1");
        File.Delete(Path.Combine(Install("partial", "18.1"), "pg_restore"));
        Write("broken/postgres", "echo cannot load libssl >&2; exit 127", Install("broken", "18.1"));

        PostgresInstallation found = await Search("complete", "partial", "broken").FindOrInstallAsync(NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(complete, found.BinFolder);
    }

    [Fact]
    public async Task When_none_fits_the_error_names_each_and_the_reason()
    {
        string old = Install("old", "14.9");
        string partial = Install("partial", "18.1");
        File.Delete(Path.Combine(partial, "pg_restore"));
        File.Delete(Path.Combine(partial, "psql"));

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => Search("old", "partial").FindOrInstallAsync(NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(ErrorTable.PostgresNotFound, e.Code);
        Assert.Equal(
            $"No usable PostgreSQL 15 or later was found: '{old}' (PATH) is not used: version 14.9 is older than 15; '{partial}' (PATH) is not used: it lacks psql, pg_restore.",
            e.Message);
        Assert.StartsWith("Install it with '", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_of_another_version_wants_that_version()
    {
        Install("new", "17.2");
        string fitting = Install("old", "15.3");

        Assert.Equal(fitting, (await Search("new", "old").FindAsync(15, NullProgressSink.Instance, CancellationToken.None))!.BinFolder);
        DeployException e = await Assert.ThrowsAsync<DeployException>(() => Search("new", "old").FindOrInstallAsync(16, NullProgressSink.Instance, CancellationToken.None));
        Assert.Equal(ErrorTable.ClusterVersionMismatch, e.Code);
        Assert.StartsWith("The data was made with PostgreSQL 16, which was not found: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_one_that_was_named_is_used_though_a_newer_one_is_there()
    {
        Install("new", "17.2");
        string named = Install("named/bin", "15.3");
        PostgresSearch search = Places("new") with { Given = Path.GetDirectoryName(named) };

        PostgresInstallation? found = await Installations(search).FindAsync(null, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal((named, PostgresSearch.Variable), (found!.BinFolder, found.Source));
    }

    [Fact]
    public void One_that_was_named_and_cannot_be_used_is_an_error_though_another_is_there()
    {
        Install("new", "17.2");
        string named = Install("named", "13.1");
        PostgresSearch search = Places("new") with { Given = named };

        DeployException e = Assert.Throws<DeployException>(() => Installations(search).Find());

        Assert.Equal($"The PostgreSQL in '{named}', named by SUPABASE_DEPLOY_POSTGRES, cannot be used: version 13.1 is older than 15.", e.Message);
    }

    [Fact]
    public async Task One_that_was_unpacked_into_the_cache_is_found_with_its_libraries()
    {
        string bin = Install("cache/downloads/postgresql-15.9/usr/lib/postgresql/15/bin", "15.9");
        Write("libpq.so.5", "", Directory.CreateDirectory(Path.Combine(_folder.Path, "cache/downloads/postgresql-15.9/usr/lib/x86_64-linux-gnu")).FullName);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "cache/downloads/getting-123/usr/lib/postgresql/15/bin"));

        PostgresInstallation? found = await Search().FindAsync(null, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal((bin, "cache"), (found!.BinFolder, found.Source));
        Assert.EndsWith("/usr/lib/x86_64-linux-gnu", found.Request("psql").Environment["LD_LIBRARY_PATH"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_usual_folders_have_a_folder_for_each_version()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "pgsql-16", "bin"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "pgsql-17", "bin"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "share"));

        Assert.Equal(
            [Path.Combine(_folder.Path, "pgsql-16", "bin"), Path.Combine(_folder.Path, "pgsql-17", "bin")],
            new PostgresPlace(_folder.Path, "pgsql-*", "Red Hat").BinFolders());
        Assert.Empty(new PostgresPlace(Path.Combine(_folder.Path, "none"), "*", "Debian").BinFolders());
    }

    [Theory]
    [InlineData("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18")]
    [InlineData("postgres (PostgreSQL) 18beta1", "18.0")]
    [InlineData("postgres (PostgreSQL) 17", "17.0")]
    [InlineData("something else", null)]
    public void The_version_is_read_from_what_the_server_prints(string output, string? version) =>
        Assert.Equal(version, PostgresInstallations.ParseVersion(output)?.ToString());

    [Fact]
    public async Task This_machine_has_one_or_gets_one()
    {
        PostgresInstallation found = await new PostgresInstallations().FindOrInstallAsync(NullProgressSink.Instance, CancellationToken.None);

        Assert.True(found.Version.Major >= PostgresInstallations.OldestMajor);
    }

    private PostgresInstallations Search(params string[] folders) => Installations(Places(folders));

    private PostgresInstallations Installations(PostgresSearch search) =>
        new(search, StateFolders.OfThisMachine() with { Cache = Path.Combine(_folder.Path, "cache") });

    private PostgresSearch Places(params string[] folders) => new()
    {
        CanInstall = false,
        Places = [.. folders.Select(folder => new PostgresPlace(Path.Combine(_folder.Path, folder), null, "PATH"))],
    };

    private string Install(string folder, string version)
    {
        string bin = Directory.CreateDirectory(Path.Combine(_folder.Path, folder)).FullName;
        foreach (string program in PostgresInstallation.RequiredPrograms)
        {
            Write(program, $"echo '{program} (PostgreSQL) {version}'", bin);
        }

        return bin;
    }

    private static void Write(string program, string script, string folder)
    {
        string file = Path.Combine(folder, Path.GetFileName(program));
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
    }
}
