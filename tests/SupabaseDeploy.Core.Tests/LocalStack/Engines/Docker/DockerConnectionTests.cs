using System.Net.Sockets;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class DockerConnectionTests
{
    [Fact]
    public async Task An_engine_that_does_not_run_is_named_by_its_socket()
    {
        using var folder = new TemporaryFolder();
        var socket = new Uri($"unix://{folder.Path.Replace(" ", "%20", StringComparison.Ordinal)}/docker.sock");

        DeployException error = await FailAsync(socket);

        Assert.Equal(ErrorTable.DockerUnreachable, error.Code);
        Assert.Equal($"No Docker engine answers at '{socket}': there is no such socket.", error.Message);
        Assert.Contains("-Engine Embedded", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stack_whose_engine_does_not_run_is_shown_as_stopped_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        var environment = new DeploymentEnvironment { Name = "local", Target = TargetKind.Local, Application = "courses", Project = new ProjectFolder(folder.Path), MigrationsFolder = folder.Path };
        StackRecord known = StackRecord.Empty("local") with { Engine = LocalStackEngine.Docker, Services = [new LocalService("database", true, 1, 5000, "17", null)] };
        await known.WriteAsync(StackFolder.Of(environment).StackFile, CancellationToken.None);
        var stacks = new LocalStacks(gatewayFolder: Repository.GatewayFolder) { Docker = new DockerOptions { Endpoint = new Uri("unix:///nowhere/docker.sock") } };

        LocalStackInfo stack = await stacks.GetAsync(environment, CancellationToken.None);

        LocalService database = Assert.Single(stack.Services);
        Assert.Equal((LocalStackState.Stopped, ServiceState.Stopped, 5000), (stack.State, database.State, database.Port));
        Assert.Equal("No Docker engine answers at 'unix:///nowhere/docker.sock': there is no such socket.", database.LastFailure);
    }

    [Fact]
    public async Task A_socket_that_something_else_answers_is_no_engine()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Task answering = AnswerAsync(listener);
        try
        {
            Assert.Equal(ErrorTable.DockerUnreachable, (await FailAsync(new Uri($"unix://{path}"))).Code);
            await answering;
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("tcp://docker.example:2375")]
    [InlineData("ssh://root@docker.example")]
    public async Task An_engine_of_another_machine_is_refused(string endpoint)
    {
        DeployException error = await FailAsync(new Uri(endpoint));

        Assert.Equal(ErrorTable.DockerNotLocal, error.Code);
        Assert.Contains(new Uri(endpoint).ToString(), error.Message, StringComparison.Ordinal);
    }

    private static async Task<DeployException> FailAsync(Uri endpoint) =>
        await Assert.ThrowsAsync<DeployException>(() => DockerConnection.OpenAsync(new DockerOptions { Endpoint = endpoint }, CancellationToken.None));

    private static async Task AnswerAsync(Socket listener)
    {
        using Socket client = await listener.AcceptAsync();
        await client.SendAsync("220 mail ready\r\n"u8.ToArray());
    }
}
