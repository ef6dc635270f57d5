using System.Runtime.CompilerServices;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.LocalStack;

/// <summary>The logs of a local environment's services.</summary>
/// <param name="environment">The environment.</param>
/// <param name="timeProvider">Null for the system's time.</param>
public sealed class StackLogs(DeploymentEnvironment environment, TimeProvider? timeProvider = null)
{
    private const string DatabaseAlias = "db";

    /// <summary>The services of a stack's engine that write logs, in the order they are started; <c>access</c> is the gateway's log of requests.</summary>
    /// <param name="project">The project.</param>
    /// <param name="environment">The name of its environment.</param>
    public static IReadOnlyList<string> NamesOf(ProjectFolder project, string environment) =>
        StackEngines.LogNamesOf(new StackFolder(project.EnvironmentFolder(environment)));

    /// <summary>
    /// The last lines of each log and, when they are followed, every line that is added to any of them, with <c>***</c> in place of <see cref="StackSecrets"/>:
    /// a service may repeat what it was given, and a line is soon in an issue.
    /// </summary>
    /// <param name="services">Names of services; <c>db</c> is the database, <c>*</c> all.</param>
    /// <param name="tail">How many lines each log begins with. At most the last 512 KB of a log are read.</param>
    /// <param name="follow">Goes on until the token is cancelled.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ServiceUnknown"/>; or it is not known what to hide, as <c>config.toml</c> cannot be read.</exception>
    public IAsyncEnumerable<LogLine> ReadAsync(IReadOnlyList<string> services, int tail, bool follow, CancellationToken cancellationToken)
    {
        ILocalStackEngine engine = StackEngines.Of(environment, timeProvider);
        string[] names = [.. services.SelectMany(name => Resolve(name, engine.LogNames)).Distinct()];
        IAsyncEnumerable<LogLine> lines = engine.ReadLogsAsync(names, tail, follow, cancellationToken);
        return HideAsync(lines, new SecretMask(StackSecrets.Of(environment)), cancellationToken);
    }

    private static async IAsyncEnumerable<LogLine> HideAsync(IAsyncEnumerable<LogLine> lines, SecretMask mask, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (LogLine line in lines.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return line with { Text = mask.Hide(line.Text) };
        }
    }

    private static IEnumerable<string> Resolve(string name, IReadOnlyList<string> known)
    {
        if (name == "*")
        {
            return known;
        }

        string wanted = name.Equals(DatabaseAlias, StringComparison.OrdinalIgnoreCase) ? DatabaseService.ServiceName : name;
        return known.FirstOrDefault(service => service.Equals(wanted, StringComparison.OrdinalIgnoreCase)) is { } found ? [found] : throw new DeployException(
            ErrorTable.ServiceUnknown, $"There is no service '{name}' with a log.", $"Name some of {string.Join(", ", known)}, or '*' for all.", name);
    }
}
