using System.Diagnostics;
using Docker.DotNet.Models;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>An image registry on loopback (Debian's <c>docker-registry</c>), which engines trust without TLS; gone after the test.</summary>
public sealed class DockerRegistry : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    private DockerRegistry(string program)
    {
        Host = $"127.0.0.1:{LoopbackPort.Choose()}";
        string configuration = _folder.Write(
            "config.yml", $"version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: '{_folder.Path}/data' }}, delete: {{ enabled: true }} }}\nhttp: {{ addr: '{Host}' }}\n");
        _process = new DetachedProgram(program, ["serve", configuration]) { WorkingFolder = _folder.Path, StreamsFile = Path.Combine(_folder.Path, "log") }.Start();
    }

    /// <summary>Its name in images: <c>127.0.0.1:5000</c>.</summary>
    public string Host { get; }

    /// <summary>The folder that has its layers.</summary>
    public string DataFolder => Path.Combine(_folder.Path, "data");

    public static async Task<DockerRegistry> StartAsync()
    {
        var registry = new DockerRegistry(await DebianProgram.FindOrInstallAsync("docker-registry", "docker-registry"));
        using var http = new HttpClient();
        await Wait.UntilAsync(async () =>
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(new Uri($"http://{registry.Host}/v2/"));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return registry;
    }

    /// <summary>Takes an image of the engine, which then has it no more under the registry's name.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="image">An image that it has.</param>
    /// <param name="repository">Its repository here: <c>supabase/postgres</c>.</param>
    /// <param name="tag">Its tag.</param>
    public async Task PushAsync(DockerEngine engine, string image, string repository, string tag)
    {
        string name = $"{Host}/{repository}";
        await engine.Client.Images.TagImageAsync(image, new ImageTagParameters { RepositoryName = name, Tag = tag });
        string? failure = null;
        await engine.Client.Images.PushImageAsync(
            name, new ImagePushParameters { Tag = tag }, new AuthConfig(), new SynchronousProgress<JSONMessage>(message => failure ??= message.Error?.Message));
        if (failure is not null)
        {
            throw new InvalidOperationException($"Cannot push '{name}:{tag}': {failure}");
        }

        await engine.Client.Images.DeleteImageAsync($"{name}:{tag}", new ImageDeleteParameters());
    }

    public async ValueTask DisposeAsync()
    {
        if (ProcessIdentity.Of(_process.Id) is { } process)
        {
            await ProcessEnding.EndAsync(process, TimeProvider.System, CancellationToken.None);
        }

        _process.Dispose();
        _folder.Dispose();
    }

    private sealed class SynchronousProgress<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
