using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Docker.DotNet;
using Docker.DotNet.Models;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>What containers write, line by line, beside the logs that are files of this machine.</summary>
internal sealed class DockerLogs(DockerConnection docker, DockerNames names, DeploymentEnvironment environment, TimeProvider time)
{
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(1);

    private readonly DockerThings _things = new(docker, names);

    /// <summary>The last lines of each log and, when they are followed, every line that is added, in the order they arrive.</summary>
    /// <param name="services">The services whose containers are read: when they are followed, also those that come after the present ones.</param>
    /// <param name="files">The services whose files are read.</param>
    /// <param name="tail">How many lines each begins with.</param>
    /// <param name="follow">Whether to go on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<LogLine> ReadAsync(
        IReadOnlyList<string> services, IReadOnlyList<(string Service, string File)> files, int tail, bool follow,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lines = Channel.CreateBounded<LogLine>(1000);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task reading = ReadAllAsync();
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
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await reading.ConfigureAwait(false);

        async Task ReadAllAsync()
        {
            try
            {
                IReadOnlyList<FoundContainer> found = await _things.ListAsync(ending.Token).ConfigureAwait(false);
                IReadOnlyList<Func<Task>> sources =
                [
                    .. services.Select(service => (Func<Task>)(() =>
                        ReadServiceAsync(service, found.FirstOrDefault(container => container.Service == service), tail, follow, lines.Writer, ending.Token))),
                    () => ReadFilesAsync(files, tail, follow, lines.Writer, ending.Token),
                ];
                if (follow)
                {
                    await Task.WhenAll(sources.Select(read => read().OrEndAllAsync(ending))).ConfigureAwait(false);
                    return;
                }

                foreach (Func<Task> read in sources)
                {
                    await read().ConfigureAwait(false);
                }
            }
            finally
            {
                lines.Writer.TryComplete();
            }
        }
    }

    private async Task ReadFilesAsync(IReadOnlyList<(string Service, string File)> files, int tail, bool follow, ChannelWriter<LogLine> lines, CancellationToken cancellationToken)
    {
        await foreach (LogLine line in new LogFiles(environment, time).ReadAsync(files, tail, follow && files.Count > 0, cancellationToken).ConfigureAwait(false))
        {
            await lines.WriteAsync(line, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadServiceAsync(
        string service, FoundContainer? container, int tail, bool follow, ChannelWriter<LogLine> lines, CancellationToken cancellationToken)
    {
        if (container is not null)
        {
            await ReadContainerAsync(container, Parameters(tail.ToString(CultureInfo.InvariantCulture)), lines, cancellationToken).ConfigureAwait(false);
        }

        while (follow)
        {
            FoundContainer next = await FindNextAsync(service, container, cancellationToken).ConfigureAwait(false);
            // What it wrote before it ended was read.
            ContainerLogsParameters parameters = Parameters("all");
            parameters.Since = next.Id == container?.Id && next.FinishedAt is { } end ? UnixTime(end) : null;
            await ReadContainerAsync(next, parameters, lines, cancellationToken).ConfigureAwait(false);
            container = next;
        }

        ContainerLogsParameters Parameters(string last) => new() { ShowStdout = true, ShowStderr = true, Follow = follow, Tail = last };
    }

    /// <summary>Waits until the service runs anew: its container was started again, or made anew.</summary>
    private async Task<FoundContainer> FindNextAsync(string service, FoundContainer? last, CancellationToken cancellationToken)
    {
        while (true)
        {
            FoundContainer? now = await _things.FindRunningAsync(service, cancellationToken).ConfigureAwait(false);
            if (now is not null && (now.Id != last?.Id || now.StartedAt != last.StartedAt))
            {
                return now;
            }

            await Task.Delay(s_lookAgain, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadContainerAsync(FoundContainer container, ContainerLogsParameters parameters, ChannelWriter<LogLine> lines, CancellationToken cancellationToken)
    {
        using MultiplexedStream stream = await docker.AskAsync(
            $"read the log of '{container.Name}'", client => client.Containers.GetContainerLogsAsync(container.Id, parameters, cancellationToken)).ConfigureAwait(false);
        var buffer = new byte[32 * 1024];
        // A line is whole within its stream only.
        Dictionary<MultiplexedStream.TargetStream, List<byte>> unfinished = [];
        while (true)
        {
            MultiplexedStream.ReadResult read = await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken).ConfigureAwait(false);
            if (read.EOF)
            {
                break;
            }

            List<byte> line = unfinished.TryGetValue(read.Target, out List<byte>? begun) ? begun : unfinished[read.Target] = [];
            for (int at = 0; at < read.Count; at++)
            {
                if (buffer[at] != '\n')
                {
                    line.Add(buffer[at]);
                    continue;
                }

                await lines.WriteAsync(ToLine(container, line), cancellationToken).ConfigureAwait(false);
                line.Clear();
            }
        }

        foreach (List<byte> rest in unfinished.Values.Where(rest => rest.Count > 0))
        {
            await lines.WriteAsync(ToLine(container, rest), cancellationToken).ConfigureAwait(false);
        }
    }

    private static string UnixTime(DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"{at.ToUnixTimeSeconds()}.{at.Ticks % TimeSpan.TicksPerSecond * 100:D9}");

    private LogLine ToLine(FoundContainer container, List<byte> bytes) => new(environment, container.Service, Encoding.UTF8.GetString([.. bytes]).TrimEnd('\r'));
}
