using System.Diagnostics;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>A project in a temporary folder whose stacks are removed after the test.</summary>
public sealed class StackProject : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HashSet<string> _names = [];

    public string Root => _folder.Path;

    /// <summary>With no services but those of a test's own choice: what this machine has would be run as well.</summary>
    public LocalStacks Stacks { get; init; } = new(gatewayFolder: Repository.GatewayFolder) { FindProgram = _ => null };

    public DeploymentEnvironment Environment(string name = "local", TargetKind target = TargetKind.Local)
    {
        _names.Add(name);
        return new DeploymentEnvironment
        {
            Name = name,
            Target = target,
            Application = "courses",
            Project = new ProjectFolder(_folder.Path),
            MigrationsFolder = Path.Combine(_folder.Path, "migrations"),
        };
    }

    public Task<LocalStackInfo> StartAsync(DeploymentEnvironment environment, IProgressSink? sink = null) =>
        Stacks.StartAsync(environment, sink ?? NullProgressSink.Instance, CancellationToken.None);

    public string PathOf(DeploymentEnvironment environment, params string[] parts) =>
        Path.Combine([environment.Project.EnvironmentFolder(environment.Name), .. parts]);

    public static async Task KillAsync(LocalStackInfo info, string service)
    {
        ProcessIdentity process = ProcessIdentity.Of(info.Services.Single(known => known.Name == service).ProcessId!.Value)!;
        using (Process victim = Process.GetProcessById(process.Id))
        {
            victim.Kill();
        }

        await Wait.UntilAsync(() => !process.IsAlive);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string name in _names)
        {
            await Stacks.StopAsync(Environment(name), removeData: true, NullProgressSink.Instance, CancellationToken.None);
        }

        _folder.Dispose();
    }
}
