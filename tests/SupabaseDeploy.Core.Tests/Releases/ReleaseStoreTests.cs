using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Releases;

public sealed class ReleaseStoreTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(s_now);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_release_holds_migrations_down_scripts_and_web_bundle_with_their_digests()
    {
        Release release = await CreateAsync();

        Assert.True(release.Changed);
        Assert.Equal(s_now, release.CreatedAt);
        Assert.Null(release.GitCommit);
        Assert.Equal(["001", "002"], release.Migrations.Select(migration => migration.Version));
        Assert.Null(release.Migrations[0].DownSha256);
        Assert.NotNull(release.Migrations[1].DownSha256);
        Assert.Equal(["assets/app.js", "index.html"], release.Web!.Files.Select(file => file.Path));
        Assert.Equal("drop table b;", await File.ReadAllTextAsync(Path.Combine(release.MigrationsFolder, "down", "002_b.sql")));
        Assert.Equal("<h1>ready</h1>", await File.ReadAllTextAsync(Path.Combine(release.WebFolder, "index.html")));
        await ReleaseStore.VerifyAsync(release, CancellationToken.None);
    }

    [Fact]
    public async Task The_manifest_is_canonical_and_its_digest_is_the_id()
    {
        Release release = await CreateAsync();

        byte[] manifest = await File.ReadAllBytesAsync(Path.Combine(release.Path, "manifest.json"));
        Assert.Equal(release.Id, ReleaseManifest.IdOf(manifest));
        Assert.Equal(manifest, ReleaseManifest.Write(release));
        Assert.Equal("39d4d52fab66", release.ShortId);
    }

    [Fact]
    public async Task The_same_content_in_another_folder_and_at_another_time_has_the_same_id()
    {
        Release release = await CreateAsync();
        using var elsewhere = new TemporaryFolder();
        _time.Advance(TimeSpan.FromDays(1));

        Release again = await CreateAsync(elsewhere);

        Assert.Equal(release.Id, again.Id);
        Assert.True(again.Changed);
        Assert.NotEqual(release.CreatedAt, again.CreatedAt);
    }

    [Fact]
    public async Task Making_the_same_release_again_gives_the_one_that_is_there()
    {
        Release first = await CreateAsync();
        _time.Advance(TimeSpan.FromHours(1));

        Release second = await CreateAsync();

        Assert.Equal(first.Id, second.Id);
        Assert.False(second.Changed);
        Assert.Equal(first.CreatedAt, second.CreatedAt);
        Assert.Equal([first.Id], Directory.GetDirectories(Store(_folder).FolderOf("")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Two_at_once_make_one_release()
    {
        Write(_folder);
        Release[] made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => Store(_folder).CreateAsync(Content(_folder), NullProgressSink.Instance, CancellationToken.None))));

        Assert.Single(made.Select(release => release.Id).Distinct());
        Assert.Single(made, release => release.Changed);
    }

    [Theory]
    [InlineData("migrations/001_a.sql", "'migrations/001_a.sql' was changed")]
    [InlineData("web/index.html", "'web/index.html' was changed")]
    [InlineData("web/more.html", "'web/more.html' was added")]
    [InlineData("manifest.json", "its manifest was changed")]
    public async Task A_release_that_was_tampered_with_is_found_out(string file, string message)
    {
        Release release = await CreateAsync();
        await File.AppendAllTextAsync(Path.Combine(release.Path, file), " ");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ReleaseStore.VerifyAsync(release, CancellationToken.None));

        Assert.Equal(ErrorTable.ReleaseDamaged, e.Code);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Making_a_release_again_does_not_pass_off_a_damaged_one_for_it()
    {
        Release release = await CreateAsync();
        File.Delete(Path.Combine(release.WebFolder, "index.html"));

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => CreateAsync());

        Assert.Equal(ErrorTable.ReleaseDamaged, e.Code);
        Assert.Contains("'web/index.html' is missing", e.Message, StringComparison.Ordinal);
        Directory.Delete(release.Path, recursive: true); // As the remedy says.
        Assert.True((await CreateAsync()).Changed);
    }

    [Fact]
    public async Task A_file_that_is_missing_is_found_out()
    {
        Release release = await CreateAsync();
        File.Delete(Path.Combine(release.MigrationsFolder, "down", "002_b.sql"));

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ReleaseStore.VerifyAsync(release, CancellationToken.None));

        Assert.Contains("'migrations/down/002_b.sql' is missing", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_that_leads_out_of_the_web_bundle_is_refused()
    {
        Write(_folder);
        string secret = _folder.Write("secret.txt", "secret");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "build", "web", "leak.txt"), secret);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => Store(_folder).CreateAsync(Content(_folder), NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(ErrorTable.ReleaseContentRefused, e.Code);
        Assert.Contains("leads out of the folder", e.Message, StringComparison.Ordinal);
        Assert.Empty(Store(_folder).List());
        Assert.Empty(Directory.GetDirectories(_folder.Path, ".new-*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_link_inside_the_web_bundle_becomes_a_plain_file()
    {
        Write(_folder);
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "build", "web", "copy.html"), "index.html");

        Release release = await Store(_folder).CreateAsync(Content(_folder), NullProgressSink.Instance, CancellationToken.None);

        Assert.Null(new FileInfo(Path.Combine(release.WebFolder, "copy.html")).LinkTarget);
        Assert.Equal(release.Web!.Files.Single(file => file.Path == "index.html").Sha256, release.Web.Files.Single(file => file.Path == "copy.html").Sha256);
    }

    [Fact]
    public async Task A_release_is_found_by_its_first_digits_and_several_are_listed()
    {
        ReleaseStore store = Store(_folder);
        var releases = new List<Release>();
        while (releases.Select(release => release.Id[..1]).Distinct().Count() == releases.Count)
        {
            _folder.Write("migrations/001_a.sql", $"select {releases.Count};");
            releases.Add(await store.CreateAsync(Content(_folder) with { WebFolder = null }, NullProgressSink.Instance, CancellationToken.None));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        string shared = releases[^1].Id[..1];
        DeployException ambiguous = Assert.Throws<DeployException>(() => store.Find(shared));
        DeployException unknown = Assert.Throws<DeployException>(() => store.Find("xyz"));

        Assert.Equal(releases[0].Id, store.Find(releases[0].ShortId.ToUpperInvariant()).Id);
        Assert.Equal(ErrorTable.ReleaseAmbiguous, ambiguous.Code);
        Assert.Contains(releases[^1].ShortId, ambiguous.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorTable.ReleaseNotFound, unknown.Code);
        Assert.Equal(releases.Select(release => release.Id), store.List().Select(release => release.Id));
    }

    [Fact]
    public async Task The_git_commit_is_recorded_and_a_change_marks_it_dirty()
    {
        Write(_folder);
        _folder.Write(".gitignore", ".supabase-deploy/\n");
        await GitAsync("init", "--quiet");
        await GitAsync("add", "--all");
        await GitAsync("-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message", "first");

        Release clean = await Store(_folder).CreateAsync(Content(_folder), NullProgressSink.Instance, CancellationToken.None);
        Release again = await Store(_folder).CreateAsync(Content(_folder), NullProgressSink.Instance, CancellationToken.None);
        _folder.Write("migrations/003_c.sql", "select 1;");
        Release dirty = await Store(_folder).CreateAsync(Content(_folder), NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(40, clean.GitCommit!.Length);
        Assert.False(clean.IsDirty);
        Assert.False(again.Changed);
        Assert.Equal(clean.GitCommit, dirty.GitCommit);
        Assert.True(dirty.IsDirty);
    }

    [Fact]
    public async Task A_repository_that_git_refuses_to_read_is_not_taken_for_none()
    {
        Write(_folder);
        await GitAsync("init", "--quiet");
        await GitAsync("-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "--allow-empty", "--message", "first");
        _folder.Write(".git/config", "[core]\n\trepositoryformatversion = 99\n"); // Like one of another owner: there, and not to be read.

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => Store(_folder).CreateAsync(Content(_folder), NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(ErrorTable.ProgramFailed, e.Code);
        Assert.Contains("git", e.Message, StringComparison.Ordinal);
        Assert.Empty(Store(_folder).List());
    }

    [Fact]
    public async Task Before_the_first_commit_there_is_none()
    {
        Write(_folder);
        await GitAsync("init", "--quiet");

        Assert.Null((await Store(_folder).CreateAsync(Content(_folder), NullProgressSink.Instance, CancellationToken.None)).GitCommit);
    }

    [Fact]
    public async Task What_a_killed_process_left_behind_is_removed()
    {
        Write(_folder);
        string left = Path.Combine(_folder.Path, ".supabase-deploy", "releases", ".new-2147483647-abc");
        Directory.CreateDirectory(left);

        await CreateAsync();

        Assert.False(Directory.Exists(left));
    }

    private static void Write(TemporaryFolder folder)
    {
        folder.Write("migrations/001_a.sql", "create table a ();");
        folder.Write("migrations/002_b.sql", "create table b ();\r\n");
        folder.Write("migrations/down/002_b.sql", "drop table b;");
        folder.Write("build/web/index.html", "<h1>ready</h1>");
        folder.Write("build/web/assets/app.js", "start()");
    }

    private static ReleaseContent Content(TemporaryFolder folder) => new()
    {
        Application = "courses",
        MigrationsFolder = Path.Combine(folder.Path, "migrations"),
        WebFolder = Path.Combine(folder.Path, "build", "web"),
    };

    private Task<Release> CreateAsync(TemporaryFolder? folder = null)
    {
        folder ??= _folder;
        Write(folder);
        return Store(folder).CreateAsync(Content(folder), NullProgressSink.Instance, CancellationToken.None);
    }

    private ReleaseStore Store(TemporaryFolder folder) => new(new ProjectFolder(folder.Path), _time);

    private async Task GitAsync(params string[] arguments)
    {
        var request = new ProcessRequest("git", arguments) { WorkingDirectory = _folder.Path };
        (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);
    }
}
