using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets.SupabaseCloud;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>The web bundle in a bucket, and by a command.</summary>
public sealed class WebHostTests : IAsyncLifetime
{
    private CloudApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await CloudApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task Files_are_served_with_their_types_and_only_hashed_ones_for_ever()
    {
        Release release = await PublishAsync("3f9a1c22", "one");
        IReadOnlyDictionary<string, StoredObject> objects = _application.Storage.Objects("web");
        Assert.Equal("text/html; charset=utf-8 no-cache", $"{objects["index.html"].ContentType} {objects["index.html"].CacheControl}");
        Assert.Equal("text/javascript; charset=utf-8 public, max-age=31536000, immutable", $"{objects["app.3f9a1c22.js"].ContentType} {objects["app.3f9a1c22.js"].CacheControl}");
        Assert.Equal("no-cache", objects["main.dart.js"].CacheControl);
        Assert.Equal(release.Id, await _application.Target.GetServedReleaseAsync(default));
        Assert.Equal($"{_application.Storage.Address}storage/v1/object/public/web/", $"{await _application.Target.GetWebUrlAsync(default)}");
    }

    [Fact]
    public async Task The_next_release_sends_what_changed_the_page_last_and_keeps_old_files_once()
    {
        await PublishAsync("3f9a1c22", "one");
        _application.Storage.Uploads.Clear();
        await PublishAsync("77aa01bc", "two");
        Assert.Equal(["app.77aa01bc.js", "supabase-deploy.json", "main.dart.js", "index.html", "supabase-deploy.json"], _application.Storage.Uploads);
        Assert.Contains("app.3f9a1c22.js", _application.Storage.Objects("web").Keys);

        _application.Storage.Uploads.Clear();
        await PublishAsync("88bb02cd", "two");
        Assert.Equal(["app.88bb02cd.js", "supabase-deploy.json", "index.html", "supabase-deploy.json"], _application.Storage.Uploads);
        Assert.DoesNotContain("app.3f9a1c22.js", _application.Storage.Objects("web").Keys);
        Assert.Contains("app.77aa01bc.js", _application.Storage.Objects("web").Keys);
    }

    [Fact]
    public async Task A_publish_that_dies_in_the_middle_is_taken_for_neither_release_and_finished_by_the_next()
    {
        await PublishAsync("3f9a1c22", "one");
        _application.Storage.OnUpload = path => _ = path == "index.html" ? throw new IOException("The host dies.") : 0;
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => PublishAsync("77aa01bc", "two"));
        Assert.Equal(ErrorTable.WebHostFailed, failure.Code);
        Assert.Null(await _application.Target.GetServedReleaseAsync(default));

        _application.Storage.OnUpload = null;
        Release release = await PublishAsync("77aa01bc", "two");
        Assert.Equal(release.Id, await _application.Target.GetServedReleaseAsync(default));
    }

    [Fact]
    public async Task A_storage_that_fails_for_a_while_is_asked_again()
    {
        _application.Storage.Failures = 2;
        await PublishAsync("3f9a1c22", "one");
    }

    [Fact]
    public async Task A_host_that_fails_for_a_moment_after_the_upload_is_looked_at_again()
    {
        int markers = 0;
        _application.Storage.OnUpload = path => _application.Storage.PublicFailures = path == WebMarker.FileName && ++markers == 2 ? 2 : 0;
        await PublishAsync("3f9a1c22", "one");
        Assert.Equal((2, 0), (markers, _application.Storage.PublicFailures));
    }

    [Fact]
    public async Task A_storage_that_says_how_long_to_wait_is_asked_again_then()
    {
        (_application.Storage.Failures, _application.Storage.RetryAfter) = (1, 37);
        await PublishAsync("3f9a1c22", "one");
        Assert.Contains(TimeSpan.FromSeconds(37), _application.Time.Waits);
    }

    [Fact]
    public async Task A_storage_that_gives_no_answer_is_asked_again_and_then_named()
    {
        StorageServer storage = _application.Storage;
        storage.AddBucket("web", isPublic: true);
        var time = new FakeTimeProvider();
        var api = new StorageApi(storage.Address, "web", _ => Task.FromResult(new Secret(storage.Key)), time);

        storage.Stalls = 2;
        await WithTimeAsync(api.EnsureBucketAsync(default), time);
        storage.Stalls = 4;
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => WithTimeAsync(api.EnsureBucketAsync(default), time));

        Assert.Equal(ErrorTable.WebHostFailed, failure.Code);
        Assert.Contains("did not answer GET 'bucket/web' within 300 s, 4 times", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Time passes until the work is done.</summary>
    private static async Task WithTimeAsync(Task work, FakeTimeProvider time)
    {
        await Wait.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return work.IsCompleted;
        });
        await work;
    }

    [Fact]
    public async Task A_bucket_that_nobody_can_read_is_refused_before_anything_is_written()
    {
        _application.Storage.AddBucket("web", isPublic: false);
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => PublishAsync("3f9a1c22", "one"));
        Assert.Contains("The bucket 'web' is not public", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_application.Storage.Uploads);
    }

    [Fact]
    public async Task Withdrawn_nothing_is_served()
    {
        await PublishAsync("3f9a1c22", "one");
        await _application.Target.WithdrawWebAsync(_application.Sink, default);
        Assert.Null(await _application.Target.GetServedReleaseAsync(default));
        Assert.Equal(["supabase-deploy.json"], _application.Storage.Objects("web").Keys);
    }

    [Fact]
    public async Task A_command_gets_the_bundle_and_its_variables_and_is_verified()
    {
        DeclareCommand("#!/bin/sh\nrm -rf site && mkdir site && cp -R \"$2/.\" site && printf %s \"$HOST_TOKEN\" > token\n");
        Release release = await PublishAsync("3f9a1c22", "one");
        Assert.Equal(release.Id, await _application.Target.GetServedReleaseAsync(default));
        Assert.Contains("one", await File.ReadAllTextAsync(Path.Combine(_application.Project.Root, "site", "index.html")), StringComparison.Ordinal);
        Assert.Equal("service-key", await File.ReadAllTextAsync(Path.Combine(_application.Project.Root, "token")));

        await _application.Target.WithdrawWebAsync(_application.Sink, default);
        Assert.Null(await _application.Target.GetServedReleaseAsync(default));
    }

    [Fact]
    public async Task A_command_that_publishes_nothing_is_found_out()
    {
        DeclareCommand("#!/bin/sh\nexit 0\n");
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => PublishAsync("3f9a1c22", "one"));
        Assert.Equal(ErrorTable.WebHostNotVerified, failure.Code);
        Assert.Contains("'supabase-deploy.json' names no release", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_fails_is_told_with_what_it_said_and_without_its_secrets()
    {
        DeclareCommand("#!/bin/sh\necho \"cannot sign in with $HOST_TOKEN\" >&2\nexit 3\n");
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => PublishAsync("3f9a1c22", "one"));
        Assert.EndsWith("ended with exit code 3: cannot sign in with ***", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("service-key", string.Join('\n', _application.Sink.Events), StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_is_an_argument_array_with_the_folder_in_place()
    {
        (string program, IReadOnlyList<string> arguments) = CommandHost.Command(["npx", "deploy", "--dir={bundle}", "{bundle}", "a b"], "/tmp/my bundle");
        Assert.Equal(("npx", "deploy|--dir=/tmp/my bundle|/tmp/my bundle|a b"), (program, string.Join('|', arguments)));
    }

    [Theory]
    [InlineData("app.3f9a1c22.js", true)]
    [InlineData("assets/index-BxY12abC.css", true)]
    [InlineData("main.dart.js", false)]
    [InlineData("flutter_bootstrap.js", false)]
    [InlineData("assets/packages/icons-outlined.ttf", false)]
    [InlineData("jquery-20240101.js", false)]
    public void A_word_is_not_taken_for_a_hash(string path, bool isHashed) => Assert.Equal(isHashed, HashedName.IsIn(path));

    private void DeclareCommand(string script)
    {
        string path = _application.Write("tools/host.sh", script);
        _application.Storage.SiteFolder = Path.Combine(_application.Project.Root, "site");
        _application.Secret("HOST_TOKEN", _application.Storage.Key);
        _application.Declare($$"""
            hosting:
              command: [sh, "{{path}}", --folder, "{bundle}"]
              variables: { HOST_TOKEN: "${secret:HOST_TOKEN}" }
              url: {{_application.Storage.Address}}site
            """);
    }

    private async Task<Release> PublishAsync(string hash, string text)
    {
        _application.WriteWeb(hash, text);
        Release release = await _application.ReleaseAsync();
        await _application.Target.PublishWebAsync(release, _application.Sink, default);
        return release;
    }
}
