using Docker.DotNet.Models;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class DockerImagesTests
{
    [Fact]
    public async Task What_is_missing_is_pulled_with_progress_and_what_cannot_be_had_is_named()
    {
        DockerEngine engine = await DockerEngine.GetAsync();
        await using DockerRegistry registry = await DockerRegistry.StartAsync();
        await registry.PushAsync(engine, await DockerStandIns.ShellAsync(engine), "some/shell", "v1");
        using DockerConnection docker = await DockerConnection.OpenAsync(new DockerOptions(), CancellationToken.None);
        var sink = new CollectingSink();
        var images = new DockerImages(docker, "Start", sink, TimeProvider.System);
        string there = $"{registry.Host}/some/shell:v1";
        string nowhere = $"{registry.Host}/some/other:v2";

        IReadOnlyDictionary<string, string> failures = await images.EnsureAsync(new Dictionary<string, bool> { [there] = false, [nowhere] = true }, CancellationToken.None);
        var error = await Assert.ThrowsAsync<DeployException>(() => images.EnsureAsync(new Dictionary<string, bool> { [there] = false, [nowhere] = false }, CancellationToken.None));
        await engine.Client.Images.DeleteImageAsync(there, new ImageDeleteParameters());

        Assert.Equal([nowhere], failures.Keys);
        Assert.Equal(ErrorTable.ImageNotPulled, error.Code);
        Assert.StartsWith($"Image '{nowhere}' cannot be pulled: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(DockerOptions.RegistryVariable, error.Remedy, StringComparison.Ordinal);
        Assert.Contains(sink.Events.OfType<ActivityProgress>(), progress => progress is { Status: "Pulling images", Percent: >= 50 } && progress.Operation!.StartsWith(there, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pull_that_is_given_up_brings_no_image()
    {
        DockerEngine engine = await DockerEngine.GetAsync();
        using DockerConnection docker = await DockerConnection.OpenAsync(new DockerOptions(), CancellationToken.None);
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using var ending = new CancellationTokenSource();
        string image = $"{silent.LocalEndpoint}/some/shell:v1";

        Task pulling = new DockerImages(docker, "Start", NullProgressSink.Instance, TimeProvider.System)
            .EnsureAsync(new Dictionary<string, bool> { [image] = false }, ending.Token);
        using System.Net.Sockets.Socket asked = await silent.AcceptSocketAsync();
        await ending.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pulling);
        IList<ImagesListResponse> known = await engine.Client.Images.ListImagesAsync(new ImagesListParameters { All = true });
        Assert.DoesNotContain(known, other => other.RepoTags?.Contains(image) == true);
    }

    [Fact]
    public void Layers_of_several_images_are_one_percentage_that_never_goes_back()
    {
        var sink = new CollectingSink();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var progress = new PullProgress(["a:1", "b:1"], "Start", sink, time);

        Report("a:1", "one", "Downloading", 50, 100);
        Report("a:1", "two", "Pulling fs layer", null, null);
        Report("a:1", "one", "Extracting", 100, 100);
        Report("a:1", "two", "Downloading", 10, 100);
        progress.Complete("a:1");
        Report("b:1", "three", "Already exists", null, null);
        progress.Complete("b:1");

        Assert.Equal([12.5, 12.5, 25, 26.2, 50, 100], sink.Events.OfType<ActivityProgress>().Select(told => told.Percent!.Value));

        void Report(string image, string layer, string status, long? current, long? total)
        {
            progress.Report(image, new JSONMessage { ID = layer, Status = status, Progress = new JSONProgress { Current = current, Total = total } });
            time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
