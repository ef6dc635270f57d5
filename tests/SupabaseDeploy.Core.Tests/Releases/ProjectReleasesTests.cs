using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Releases;

public sealed class ProjectReleasesTests : IDisposable
{
    private readonly Machines _machines = new();

    public void Dispose() => _machines.Dispose();

    [Fact]
    public Task What_one_machine_makes_another_one_finds_in_a_shared_folder() =>
        TravelsAsync(new FolderBlobs(_machines.Shared.Path));

    [Fact]
    public async Task A_folder_that_is_not_there_is_a_share_that_is_not_mounted_and_neither_read_as_empty_nor_made()
    {
        string folder = Path.Combine(_machines.Shared.Path, "mount", "releases");
        Release release = await MakeAsync(1);
        var here = new ProjectReleases(new ProjectFolder(_machines.Here.Path), new FolderBlobs(folder));

        await IsUnavailableAsync(() => here.ListAsync(CancellationToken.None));
        await IsUnavailableAsync(() => here.FindAsync("ffffffffffff", CancellationToken.None));
        await IsUnavailableAsync(() => here.FetchAsync(release with { Id = new string('f', 64) }, NullProgressSink.Instance, CancellationToken.None));
        await IsUnavailableAsync(() => here.ShareAsync(release, NullProgressSink.Instance, CancellationToken.None));

        Assert.False(Directory.Exists(Path.GetDirectoryName(folder)));

        async Task IsUnavailableAsync(Func<Task> use)
        {
            DeployException e = await Assert.ThrowsAsync<DeployException>(use);
            Assert.Equal(ErrorTable.ReleaseStoreUnavailable, e.Code);
            Assert.Contains($"'{folder}' is not there", e.Message, StringComparison.Ordinal);
            Assert.Contains("Mount the share", e.Remedy, StringComparison.Ordinal);
            Assert.Contains($"New-Item -ItemType Directory '{folder}'", e.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_empty_folder_takes_the_first_release_and_says_nothing_of_any_other()
    {
        Release release = await MakeAsync(1);
        var here = new ProjectReleases(new ProjectFolder(_machines.Here.Path), new FolderBlobs(_machines.Shared.Path));
        Release other = release with { Id = new string('f', 64) };

        DeployException empty = await Assert.ThrowsAsync<DeployException>(() => here.FetchAsync(other, NullProgressSink.Instance, CancellationToken.None));
        Assert.True(await here.ShareAsync(release, NullProgressSink.Instance, CancellationToken.None));
        DeployException absent = await Assert.ThrowsAsync<DeployException>(() => here.FetchAsync(other, NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal((ErrorTable.ReleaseStoreUnavailable, ErrorTable.ReleaseNotFound), (empty.Code, absent.Code));
    }

    [Fact]
    public async Task What_one_machine_makes_another_one_finds_in_an_object_storage()
    {
        await using ObjectStorage storage = await ObjectStorage.StartAsync();
        await TravelsAsync(new ObjectStorageBlobs(Settings(storage)));
        await TravelsOfOthersAsync(storage);
    }

    [Fact]
    public async Task A_storage_that_refuses_says_why_and_not_with_what()
    {
        await using ObjectStorage storage = await ObjectStorage.StartAsync();
        var blobs = new ObjectStorageBlobs(Settings(storage) with { AccessKey = "NOBODY", SecretKey = new Secret("wrong-secret") });

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => blobs.ListAsync("", CancellationToken.None));
        DeployException nowhere = await Assert.ThrowsAsync<DeployException>(() => new ObjectStorageBlobs(Settings(storage) with { Bucket = "nowhere" }).ListAsync("", CancellationToken.None));

        Assert.Equal(ErrorTable.ReleaseStoreUnavailable, e.Code);
        Assert.Contains("403 InvalidAccessKeyId", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret", e.ToString(), StringComparison.Ordinal);
        Assert.Contains("404 NoSuchBucket", nowhere.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_storage_that_is_busy_is_asked_again()
    {
        int asked = 0;
        using var handler = new Answering(() => ++asked < 3
            ? new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)
            : new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>") });
        var settings = new ObjectStorageSettings(new Uri("http://storage.test"), "b", "", "r", "k", new Secret("s"), null);

        Assert.Empty(await new ObjectStorageBlobs(settings, handler).ListAsync("", CancellationToken.None));
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task A_storage_that_gives_no_answer_or_stops_in_the_middle_is_named()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var time = new FakeTimeProvider();
        var blobs = new ObjectStorageBlobs(
            new ObjectStorageSettings(new Uri($"http://{silent.LocalEndpoint}"), "b", "", "r", "k", new Secret("s"), null), time: time);
        DeployException unanswered = await FailureAsync(blobs.ListAsync("", CancellationToken.None), time);

        Task<Stream?> opening = blobs.OpenAsync("one", CancellationToken.None);
        await AnswerAsync(silent, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", () => opening.IsCompleted);
        await using Stream body = (await opening)!;
        DeployException stopped = await FailureAsync(body.CopyToAsync(Stream.Null), time);

        Assert.Equal((ErrorTable.ReleaseStoreUnavailable, ErrorTable.ReleaseStoreUnavailable), (unanswered.Code, stopped.Code));
        Assert.Contains("did not answer", unanswered.Message, StringComparison.Ordinal);
        Assert.Contains("stopped in the middle for 60 s", stopped.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("test.txt", true, "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")]
    [InlineData("?max-keys=2&prefix=J", false, "SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")]
    public void The_signatures_are_those_of_the_published_examples(string path, bool hasRange, string expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://examplebucket.s3.amazonaws.com/" + path);
        request.Headers.Range = hasRange ? new System.Net.Http.Headers.RangeHeaderValue(0, 9) : null;
        var settings = new ObjectStorageSettings(
            new Uri("https://s3.amazonaws.com"), "examplebucket", "", "us-east-1", "AKIAIOSFODNN7EXAMPLE", new Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), null);

        ObjectStorageSignature.Sign(request, ObjectStorageSignature.EmptyPayload, settings, new DateTimeOffset(2013, 5, 24, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal(
            $"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,{expected}",
            request.Headers.GetValues("Authorization").Single());
    }

    [Fact]
    public async Task A_release_that_was_changed_in_the_store_is_refused()
    {
        string folder = _machines.Shared.Path;
        var blobs = new FolderBlobs(folder);
        Release first = await MakeAsync(1);
        Release second = await MakeAsync(2);
        var here = new ProjectReleases(new ProjectFolder(_machines.Here.Path), blobs);
        await here.ShareAsync(first, NullProgressSink.Instance, CancellationToken.None);
        await here.ShareAsync(second, NullProgressSink.Instance, CancellationToken.None);
        File.Copy(Path.Combine(folder, first.Id + ".release.tar.gz"), Path.Combine(folder, second.Id + ".release.tar.gz"), overwrite: true);
        var there = new ProjectReleases(new ProjectFolder(_machines.There.Path), blobs);
        Release found = await there.FindAsync(second.ShortId, CancellationToken.None);

        DeployException swapped = await Assert.ThrowsAsync<DeployException>(() => there.FetchAsync(found, NullProgressSink.Instance, CancellationToken.None));
        File.WriteAllText(Path.Combine(folder, second.Id + ".release.json"), File.ReadAllText(Path.Combine(folder, first.Id + ".release.json")));
        DeployException entry = await Assert.ThrowsAsync<DeployException>(() => there.ListAsync(CancellationToken.None));
        var damaged = new List<DeployException>();

        Assert.Equal([first.Id], (await there.ListAsync(CancellationToken.None, damaged.Add)).Select(release => release.Id));
        Assert.Equal(entry.Message, Assert.Single(damaged).Message);
        Assert.Contains($"it is release '{first.ShortId}' and not '{second.ShortId}'", swapped.Message, StringComparison.Ordinal);
        Assert.Contains("its manifest was changed", entry.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_machines.There.Path, ".supabase-deploy", "releases", second.Id)));
    }

    [Theory]
    [InlineData("{ store: s3://bucket/x }", "AWS_ACCESS_KEY_ID")]
    [InlineData("{ store: s3://bucket/x, accessKey: '${NO_SUCH_KEY}', secretKey: '${secret:NO_SUCH_SECRET}' }", "NO_SUCH_SECRET")]
    [InlineData("{ store: ftp://x }", "'ftp://x' cannot be used")]
    [InlineData("{ store: s3://bucket, accessKey: k, secretKey: hunter2 }", "the key is written down")]
    [InlineData("{ store: shared, region: eu }", "'region' does not belong here")]
    [InlineData("{ }", "'store' is missing")]
    public void A_store_that_cannot_be_used_is_told(string releases, string message)
    {
        _machines.Here.Write("env/pipeline.yml", $"application: a\nreleases: {releases}\nstages:\n  - name: staging\n    target: local\n");

        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ProjectReleases.Open(new ProjectFolder(_machines.Here.Path)));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", e.Message, StringComparison.Ordinal);
    }

    /// <summary>The failure of work that only the clock ends.</summary>
    private static async Task<DeployException> FailureAsync(Task work, FakeTimeProvider time)
    {
        await Wait.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return work.IsCompleted;
        });
        return await Assert.ThrowsAsync<DeployException>(() => work);
    }

    /// <summary>Sends the same to whoever asks, until it has come.</summary>
    private static async Task AnswerAsync(TcpListener listener, string text, Func<bool> hasCome)
    {
        while (!hasCome())
        {
            // The requests that were given up before are in the queue too.
            Socket connection = await listener.AcceptSocketAsync();
            connection.Send(System.Text.Encoding.ASCII.GetBytes(text));
            await Wait.UntilAsync(() => hasCome() || listener.Pending());
        }
    }

    private static ObjectStorageSettings Settings(ObjectStorage storage) =>
        new(storage.Endpoint, ObjectStorage.Bucket, "teams/a b+c/", "us-east-1", ObjectStorage.Key, new Secret(ObjectStorage.Key), null);

    private async Task TravelsAsync(IReleaseBlobs blobs)
    {
        Release release = await MakeAsync(1);
        var here = new ProjectReleases(new ProjectFolder(_machines.Here.Path), blobs);
        Assert.True(await here.ShareAsync(release, NullProgressSink.Instance, CancellationToken.None));
        Assert.False(await here.ShareAsync(release, NullProgressSink.Instance, CancellationToken.None));

        var there = new ProjectReleases(new ProjectFolder(_machines.There.Path), blobs);
        Release listed = Assert.Single(await there.ListAsync(CancellationToken.None));
        Assert.Equal((release.Id, release.CreatedAt), (listed.Id, listed.CreatedAt));
        Assert.False(Directory.Exists(listed.Path));
        Release fetched = await there.FetchAsync(await there.FindAsync(release.ShortId, CancellationToken.None), NullProgressSink.Instance, CancellationToken.None);

        await ReleaseStore.VerifyAsync(fetched, CancellationToken.None);
        Assert.Single(await there.ListAsync(CancellationToken.None));
        DeployException unknown = await Assert.ThrowsAsync<DeployException>(() => there.FindAsync("ffffffffffff", CancellationToken.None));
        Assert.Contains(blobs.Name, unknown.Message, StringComparison.Ordinal);
    }

    /// <summary>What is beside a team's releases is not theirs.</summary>
    private static async Task TravelsOfOthersAsync(ObjectStorage storage)
    {
        IReadOnlyList<string> others = await new ObjectStorageBlobs(Settings(storage) with { Prefix = "" }).ListAsync(".release.json", CancellationToken.None);

        Assert.Empty(others);
    }

    private Task<Release> MakeAsync(int number) => Machines.ReleaseAsync(_machines.Here, $"select {number};");

    private sealed class Answering(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer());
    }
}
