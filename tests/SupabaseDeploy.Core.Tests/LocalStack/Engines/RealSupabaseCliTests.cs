using System.Diagnostics;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>The real Supabase CLI, as far as it goes without Supabase's images.</summary>
public sealed class RealSupabaseCliTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly CliProject _project = CliProject.WithoutDatabase();
    private Process? _daemon;

    private string Socket => Path.Combine(_folder.Path, "docker.sock");

    public async ValueTask InitializeAsync()
    {
        // A Docker of one's own, and not that of the machine.
        string cli = await NpmPackage.ProgramAsync("supabase", "3.1.0", "supabase");
        string program = _folder.Write("supabase", $"#!/bin/sh\nDOCKER_HOST='unix://{Socket}' HOME='{_folder.Path}' exec '{cli}' \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _project.Programs["supabase"] = program;
    }

    [Fact]
    public async Task Its_answer_about_a_running_project_is_understood()
    {
        await StartDaemonAsync("db", "kong", "auth", "rest", "realtime");

        LocalStackInfo seen = await _project.GetAsync();

        Assert.Equal((LocalStackEngine.SupabaseCli, LocalStackState.Partial), (seen.Engine, seen.State));
        Assert.Equal("postgres@127.0.0.1:54322/postgres", $"{seen.Database}");
        Assert.Equal(("database", 54322), (seen.Services[0].Name, seen.Services[0].Port));
        Assert.Equal(["storage", "gateway"], seen.Services.Where(service => !service.IsRunning).Select(service => service.Name));
        Assert.StartsWith("sb_publishable_", seen.Keys!.PublishableKey, StringComparison.Ordinal);
        Assert.StartsWith("eyJ", seen.Keys.AnonKey, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_answer_about_a_stopped_project_is_understood()
    {
        await StartDaemonAsync();

        (LocalStackEngine engine, IReadOnlyList<LocalService> services) = await ObserveAsync();

        Assert.Equal(LocalStackEngine.SupabaseCli, engine);
        Assert.All(services, service => Assert.Equal((false, null), (service.IsRunning, service.LastFailure)));
    }

    [Fact]
    public async Task What_it_writes_into_a_new_project_asks_for_nothing_that_a_stack_lacks()
    {
        string folder = Path.Combine(_folder.Path, "new");
        Directory.CreateDirectory(folder);
        var request = new ProcessRequest(_project.Programs["supabase"], ["init", "--yes", "--workdir", folder]);
        (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);
        SupabaseConfiguration configuration = SupabaseConfiguration.Load(new ProjectFolder(folder));

        Assert.NotEmpty(configuration.Keys);
        Assert.Empty(HonouredKeys.Unmet(LocalStackEngine.Embedded, configuration, "17.6"));
        Assert.Empty(HonouredKeys.Unmet(LocalStackEngine.Docker, configuration, databaseVersion: null));
        Assert.Empty(HonouredKeys.Unset(LocalStackEngine.Embedded, configuration));
    }

    [Fact]
    public async Task Without_Docker_it_says_so()
    {
        var error = await Assert.ThrowsAsync<DeployException>(() => _project.StartAsync());

        Assert.Equal(ErrorTable.SupabaseCliNeedsDocker, error.Code);
        Assert.StartsWith("'supabase start' cannot reach Docker: ", error.Message, StringComparison.Ordinal);
        (_, IReadOnlyList<LocalService> services) = await ObserveAsync();
        Assert.Contains("docker", services[0].LastFailure, StringComparison.OrdinalIgnoreCase);
    }

    public async ValueTask DisposeAsync()
    {
        await _project.DisposeAsync();
        if (_daemon is not null)
        {
            _daemon.Kill(entireProcessTree: true);
            await _daemon.WaitForExitAsync();
            _daemon.Dispose();
        }

        _folder.Dispose();
    }

    private async Task<(LocalStackEngine, IReadOnlyList<LocalService>)> ObserveAsync()
    {
        ILocalStackEngine engine = StackEngines.Create(LocalStackEngine.SupabaseCli, _project.Context);
        return (engine.Kind, (await engine.ObserveAsync(CancellationToken.None)).Services);
    }

    private async Task StartDaemonAsync(params string[] services)
    {
        _daemon = Process.Start(new ProcessStartInfo(Path.Combine(Repository.Root, "tests", "stand-ins", "docker-daemon"), [Socket, "shop", .. services]) { RedirectStandardOutput = true })!;
        Assert.Equal("listening", await _daemon.StandardOutput.ReadLineAsync());
    }
}
