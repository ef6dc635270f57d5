using System.Runtime.CompilerServices;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>Logs that are files of this machine.</summary>
internal sealed class LogFiles(DeploymentEnvironment environment, TimeProvider time)
{
    /// <summary>The gateway's log of requests.</summary>
    public const string Access = "access";

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);

    /// <summary>The last lines of each file and, when they are followed, every line that is added to any of them.</summary>
    public async IAsyncEnumerable<LogLine> ReadAsync(
        IReadOnlyList<(string Service, string File)> files, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<(string Service, LogFollower Log)> logs = [.. files.Select(file => (file.Service, new LogFollower(file.File)))];
        try
        {
            foreach ((string service, LogFollower log) in logs)
            {
                foreach (string line in log.ReadTail(tail))
                {
                    yield return new LogLine(environment, service, line);
                }
            }

            while (follow)
            {
                await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
                foreach ((string service, LogFollower log) in logs)
                {
                    foreach (string line in log.ReadAdded())
                    {
                        yield return new LogLine(environment, service, line);
                    }
                }
            }
        }
        finally
        {
            logs.ForEach(log => log.Log.Dispose());
        }
    }
}
