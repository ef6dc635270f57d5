using System.Diagnostics;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Gateway.Tests;

/// <summary>A gateway as its own process, with a web root of its own.</summary>
public sealed class RunningGateway : IDisposable
{
    public static string Program { get; } = Path.Combine(Repository.GatewayFolder, "SupabaseDeploy.Gateway.dll");

    private readonly TemporaryFolder _folder;

    private RunningGateway(TemporaryFolder folder, Process process)
    {
        _folder = folder;
        Process = process;
    }

    public Process Process { get; }

    public string WebRoot => Path.Combine(_folder.Path, "web");

    public string StateFile => Path.Combine(_folder.Path, "gateway.json");

    public string LogFile => Path.Combine(_folder.Path, "gateway.log");

    public GatewayState State { get; private set; } = null!;

    public HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    public static async Task<RunningGateway> StartAsync(ServicePlan? plan = null)
    {
        var gateway = Launch(port: 0, plan: plan);
        await Wait.UntilAsync(() => gateway.Process.HasExited || File.Exists(gateway.StateFile));
        gateway.State = GatewayState.Read(gateway.StateFile) ?? throw new InvalidOperationException($"The gateway ended: {gateway.Process.ExitCode}");
        gateway.Client.BaseAddress = new Uri($"http://127.0.0.1:{gateway.State.Port}/");
        return gateway;
    }

    public static RunningGateway Launch(int port, RunningGateway? sameEnvironmentAs = null, ServicePlan? plan = null)
    {
        TemporaryFolder folder = sameEnvironmentAs?._folder ?? new TemporaryFolder();
        string planFile = folder.Write("services.json", (plan ?? ServicePlan.Empty).ToJson());
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Program,
                "--web-root", Path.Combine(folder.Path, "web"),
                "--port", $"{port}",
                "--environment", "staging",
                "--state", Path.Combine(folder.Path, "gateway.json"),
                "--log", Path.Combine(folder.Path, "gateway.log"),
                "--plan", planFile,
            },
        };
        return new RunningGateway(folder, Process.Start(start)!);
    }

    /// <summary>Puts a release on disk, as a publish does: under another name first.</summary>
    public void AddRelease(string id, params (string Path, string Content)[] files)
    {
        string folder = Path.Combine(WebRoot, "releases", id);
        foreach ((string path, string content) in files)
        {
            _folder.Write(Path.Combine(folder + ".tmp", path), content);
        }

        Directory.Move(folder + ".tmp", folder);
    }

    public void Switch(string id)
    {
        string pointer = Path.Combine(WebRoot, "current");
        File.WriteAllText(pointer + ".tmp", id + "\n");
        File.Move(pointer + ".tmp", pointer, overwrite: true);
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, Action<HttpRequestMessage>? change = null)
    {
        var request = new HttpRequestMessage(method, path);
        change?.Invoke(request);
        return Client.SendAsync(request);
    }

    public void Dispose()
    {
        Client.Dispose();
        if (!Process.HasExited)
        {
            Process.Kill();
            Process.WaitForExit();
        }

        Process.Dispose();
        _folder.Dispose();
    }
}
