using System.Runtime.CompilerServices;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>The logs of a local environment's services.</summary>
/// <param name="environment">The environment.</param>
/// <param name="timeProvider">Null for the system's time.</param>
public sealed class StackLogs(DeploymentEnvironment environment, TimeProvider? timeProvider = null)
{
    private const string DatabaseAlias = "db";
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);

    private readonly StackFolder _folder = StackFolder.Of(environment);
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    /// <summary>The services that write logs, in the order they are started; <c>access</c> is the gateway's log of requests.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [DatabaseService.ServiceName, GatewayService.ServiceName, "access", .. ServiceCatalog.All.Select(definition => definition.Name)];

    /// <summary>The last lines of each log and, when they are followed, every line that is added to any of them.</summary>
    /// <param name="services">Names of services; <c>db</c> is the database, <c>*</c> all.</param>
    /// <param name="tail">How many lines each log begins with. At most the last 512 KB of a log are read.</param>
    /// <param name="follow">Goes on until the token is cancelled.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ServiceUnknown"/>.</exception>
    public async IAsyncEnumerable<LogLine> ReadAsync(
        IReadOnlyList<string> services, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<(string Service, LogFollower Log)> logs = [.. services.SelectMany(Resolve).Distinct().Select(service => (service, new LogFollower(FileOf(service))))];
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
                await Task.Delay(s_poll, _time, cancellationToken).ConfigureAwait(false);
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

    private static IEnumerable<string> Resolve(string name)
    {
        if (name == "*")
        {
            return Names;
        }

        string wanted = name.Equals(DatabaseAlias, StringComparison.OrdinalIgnoreCase) ? DatabaseService.ServiceName : name;
        return Names.FirstOrDefault(known => known.Equals(wanted, StringComparison.OrdinalIgnoreCase)) is { } found ? [found] : throw new DeployException(
            ErrorTable.ServiceUnknown, $"There is no service '{name}' with a log.", $"Name some of {string.Join(", ", Names)}, or '*' for all.", name);
    }

    private string FileOf(string service) => service == DatabaseService.ServiceName
        ? PostgresCluster.At(_folder.Root).LogFile ?? _folder.LogOf(service)
        : _folder.LogOf(service);
}
