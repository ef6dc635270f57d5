using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Core.Tests.LocalStack;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Targets.Local;

namespace SupabaseDeploy.Core.Tests.Targets;

public sealed class LocalTargetTests : IAsyncLifetime
{
    private readonly StackProject _project = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private DeploymentEnvironment _environment = null!;
    private IDeploymentTarget _target = null!;
    private LocalStackInfo _stack = null!;

    public async ValueTask InitializeAsync()
    {
        _environment = _project.Environment("staging") with { Web = new WebSettings { KeepReleases = 1 } };
        _target = new LocalTarget(_environment, _time);
        _stack = await _project.StartAsync(_environment);
    }

    public ValueTask DisposeAsync() => _project.DisposeAsync();

    [Fact]
    public async Task It_is_where_its_stack_is()
    {
        Assert.Equal(_stack.Database, await _target.GetDatabaseAsync(CancellationToken.None));
        Assert.Equal("supabase_admin", (await _target.GetAdministrationAsync(CancellationToken.None))!.User);
        Assert.Equal(_stack.Url, await _target.GetWebUrlAsync(CancellationToken.None));
        Assert.Equal($"127.0.0.1:{_stack.Database!.Port}", _target.Host);
        Assert.Null(await _target.GetServedReleaseAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_published_release_is_served_whole_and_withdrawn_again()
    {
        Release release = MakeRelease('1');

        await PublishAsync(release);
        await PublishAsync(release);

        Assert.Equal(release.Id, await _target.GetServedReleaseAsync(CancellationToken.None));
        Assert.Equal("page 1", await GetAsync("/"));
        Assert.Equal("script 1", await GetAsync("/assets/app.1a2b3c4d5e.js"));

        await _target.WithdrawWebAsync(NullProgressSink.Instance, CancellationToken.None);
        await _target.WithdrawWebAsync(NullProgressSink.Instance, CancellationToken.None);
        Assert.Null(await _target.GetServedReleaseAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_release_without_a_web_bundle_serves_none()
    {
        await PublishAsync(MakeRelease('1'));

        await PublishAsync(MakeRelease('2') with { Web = null });

        Assert.Null(await _target.GetServedReleaseAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Only_the_releases_served_last_stay_on_disk()
    {
        foreach (char digit in "1213")
        {
            await PublishAsync(MakeRelease(digit));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal([Id('1'), Id('3')], ReleasesOnDisk());
        Assert.Equal("page 3", await GetAsync("/"));
    }

    [Fact]
    public async Task A_bundle_that_was_changed_is_refused_and_the_old_release_stays_served()
    {
        await PublishAsync(MakeRelease('1'));
        Release damaged = MakeRelease('2');
        await File.AppendAllTextAsync(Path.Combine(damaged.WebFolder, "index.html"), "<script src=//elsewhere>");

        var error = await Assert.ThrowsAsync<DeployException>(() => PublishAsync(damaged));

        Assert.Equal(ErrorTable.WebBundleDamaged, error.Code);
        Assert.Contains("'index.html'", error.Message, StringComparison.Ordinal);
        Assert.Equal(Id('1'), await _target.GetServedReleaseAsync(CancellationToken.None));
        await PublishAsync(MakeRelease('1'));
        Assert.Equal([Id('1')], ReleasesOnDisk());
    }

    [Fact]
    public async Task A_copy_that_was_cut_short_and_a_served_copy_that_was_damaged_are_made_again()
    {
        Release release = MakeRelease('1');
        Directory.CreateDirectory(_project.PathOf(_environment, "web", "releases", release.Id + ".tmp", "assets"));
        await PublishAsync(release);
        File.Delete(_project.PathOf(_environment, "web", "releases", release.Id, "assets", "app.1a2b3c4d5e.js"));

        await PublishAsync(release);

        Assert.Equal("script 1", await GetAsync("/assets/app.1a2b3c4d5e.js"));
        Assert.Equal([release.Id], ReleasesOnDisk());
    }

    [Fact]
    public async Task A_manifest_cannot_name_a_file_outside_the_bundle()
    {
        Release release = MakeRelease('1');
        ReleaseFile file = release.Web!.Files[0] with { Path = "../index.html" };
        await File.WriteAllTextAsync(Path.Combine(release.Path, "index.html"), "page 1");

        var error = await Assert.ThrowsAsync<DeployException>(() => PublishAsync(release with { Web = release.Web with { Files = [file] } }));

        Assert.Equal(ErrorTable.WebBundleDamaged, error.Code);
    }

    [Fact]
    public async Task When_the_stack_is_stopped_every_question_names_the_command_that_starts_it()
    {
        await _project.Stacks.StopAsync(_environment, removeData: false, NullProgressSink.Instance, CancellationToken.None);

        DeployException[] errors =
        [
            await Assert.ThrowsAsync<DeployException>(() => _target.GetDatabaseAsync(CancellationToken.None)),
            await Assert.ThrowsAsync<DeployException>(() => _target.GetAdministrationAsync(CancellationToken.None)),
            await Assert.ThrowsAsync<DeployException>(() => _target.GetWebUrlAsync(CancellationToken.None)),
            await Assert.ThrowsAsync<DeployException>(() => _target.GetServedReleaseAsync(CancellationToken.None)),
            await Assert.ThrowsAsync<DeployException>(() => PublishAsync(MakeRelease('1'))),
        ];

        Assert.All(errors, error => Assert.Equal((ErrorTable.LocalStackNotRunning, "Run 'Start-LocalStack staging'."), (error.Code, error.Remedy)));
    }

    private Task PublishAsync(Release release) => _target.PublishWebAsync(release, NullProgressSink.Instance, CancellationToken.None);

    private async Task<string> GetAsync(string path)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri(_stack.Url!, path));
    }

    private IEnumerable<string> ReleasesOnDisk() =>
        Directory.EnumerateDirectories(_project.PathOf(_environment, "web", "releases")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private Release MakeRelease(char digit)
    {
        string folder = Path.Combine(_project.Root, "stored", $"{digit}");
        ReleaseFile[] files = [Write(folder, "index.html", $"page {digit}"), Write(folder, $"assets/app.{digit}a2b3c4d5e.js", $"script {digit}")];
        return new Release
        {
            Id = Id(digit),
            Application = "courses",
            CreatedAt = _time.GetUtcNow(),
            Migrations = [],
            Web = new ReleaseBundle("", files),
            Path = folder,
        };
    }

    private static ReleaseFile Write(string folder, string path, string content)
    {
        string file = Path.Combine(folder, "web", path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        return new ReleaseFile(path, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content))), content.Length);
    }

    private static string Id(char digit) => new(digit, 64);
}
