using System.Runtime.CompilerServices;
using System.Threading.Channels;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Logs of the CLI's containers, which <c>docker logs</c> writes, and of our gateway, which are files.</summary>
internal sealed class SupabaseCliLogs(EngineContext context, string projectId)
{
    public async IAsyncEnumerable<LogLine> ReadAsync(
        IReadOnlyList<string> services, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lines = Channel.CreateUnbounded<LogLine>();
        Task all = ReadAllAsync(services, tail, follow, lines.Writer, ending);
        try
        {
            await foreach (LogLine line in lines.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return line;
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await all.ConfigureAwait(false);
        }
    }

    /// <summary>Ends the channel when all logs are read, with the error of the first that could not be.</summary>
    private async Task ReadAllAsync(IReadOnlyList<string> services, int tail, bool follow, ChannelWriter<LogLine> lines, CancellationTokenSource ending)
    {
        try
        {
            (string Service, string File)[] files = [.. services.Except(SupabaseCliServices.Names).Select(service => (service, context.Folder.LogOf(service)))];
            IEnumerable<Task> containers = services.Intersect(SupabaseCliServices.Names).Select(service => ReadContainerAsync(service, tail, follow, lines, ending.Token));
            IEnumerable<Task> all = containers.Prepend(ReadFilesAsync(files, tail, follow, lines, ending.Token));
            await Task.WhenAll(all.Select(read => read.OrEndAllAsync(ending))).ConfigureAwait(false);
            lines.Complete();
        }
        catch (Exception e)
        {
            lines.Complete(e);
        }
    }

    private async Task ReadFilesAsync(IReadOnlyList<(string Service, string File)> files, int tail, bool follow, ChannelWriter<LogLine> lines, CancellationToken cancellationToken)
    {
        if (files.Count == 0)
        {
            return;
        }

        await foreach (LogLine line in new LogFiles(context.Environment, context.Time).ReadAsync(files, tail, follow, cancellationToken).ConfigureAwait(false))
        {
            await lines.WriteAsync(line, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadContainerAsync(string service, int tail, bool follow, ChannelWriter<LogLine> lines, CancellationToken cancellationToken)
    {
        string docker = context.FindProgram("docker") ?? throw new DeployException(
            ErrorTable.ProgramNotFound,
            $"The log of service '{service}' cannot be read: it is a container's, and there is no program 'docker' on PATH.",
            "Install the Docker CLI, or put its folder on PATH.",
            service);
        string container = SupabaseCliServices.ContainerOf(service, projectId);
        var request = new ProcessRequest(docker, SupabaseCliCommands.ContainerLog(container, tail, follow))
        {
            Environment = SupabaseCliProgram.EnvironmentFor(Environment.GetEnvironmentVariables(), configuration: ""),
            LineReceived = line => lines.TryWrite(new LogLine(context.Environment, service, line.TrimEnd('\r'))),
        };
        await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
    }
}
