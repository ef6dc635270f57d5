using System.Security.Cryptography;
using System.Text;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.Local;

/// <summary>
/// The functions of a stage on this machine. Once a release with functions was published they are served from it, by the service
/// <c>functions</c> of the stack; before that, from the project's own folder.
/// </summary>
internal sealed class LocalFunctions(DeploymentEnvironment environment, StackFolder folder, Func<CancellationToken, Task<GatewayState>> gateway) : IPlaceFunctions
{
    public const string ServiceName = "functions";

    private readonly FunctionReleases _releases = new(folder.FunctionsRoot, environment.Web.KeepReleases);

    public Task<IReadOnlyList<DeployedFunction>> ListAsync(CancellationToken cancellationToken)
    {
        IEnumerable<DeployedFunction> functions = _releases.Current is { } current
            ? current.Functions.Select(function => new DeployedFunction(function.Key, function.Value.Digest))
            : [];
        return Task.FromResult<IReadOnlyList<DeployedFunction>>([.. functions]);
    }

    public async Task ApplyAsync(FunctionChange change, Guid deployment, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (change.IsEmpty)
        {
            return;
        }

        ReleaseFunction[] functions = [.. change.Release.Functions];
        foreach (ReleaseFunction function in functions)
        {
            await _releases.AddAsync(change.Release, function, cancellationToken).ConfigureAwait(false);
        }

        await _releases.KeepAsync(deployment, cancellationToken).ConfigureAwait(false);
        sink.Publish(new Detail($"Serving {functions.Length} functions of release {change.Release} at '{environment}'."));
        await _releases.SwitchAsync(change.Release, functions, cancellationToken).ConfigureAwait(false);
        await EnsureServedAsync(sink, cancellationToken).ConfigureAwait(false);
        _releases.Prune();
    }

    public async Task<IReadOnlyList<string>> GoBackAsync(Guid deployment, IProgressSink sink, CancellationToken cancellationToken)
    {
        PublishedFunctions? before = _releases.Current;
        if (!await _releases.GoBackAsync(deployment, cancellationToken).ConfigureAwait(false))
        {
            return [];
        }

        await EnsureServedAsync(sink, cancellationToken).ConfigureAwait(false);
        PublishedFunctions? now = _releases.Current;
        return [.. Slugs(before).Union(Slugs(now)).Where(slug => DigestOf(before, slug) != DigestOf(now, slug)).Order(StringComparer.Ordinal)];
    }

    /// <summary>The service reads the pointer anew for each request, so its first answer counts. Where it does not run, nobody can be served.</summary>
    private async Task EnsureServedAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        GatewayState state = await gateway(cancellationToken).ConfigureAwait(false);
        GatewayHealth? health = await GatewayClient.GetHealthAsync(state.Port, cancellationToken).ConfigureAwait(false);
        if (health?.Services.Any(service => service.Name == ServiceName) != true)
        {
            sink.Publish(new Caution(
                $"The functions are published, but the stack of '{environment}' runs no functions yet. Start it again: Stop-LocalStack {environment}; Start-LocalStack {environment}"));
            return;
        }

        string? wanted = _releases.CurrentText is { } text ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) : null;
        string? served = await GatewayClient.GetPublishedFunctionsAsync(state.Port, cancellationToken).ConfigureAwait(false);
        if (served != wanted)
        {
            throw new DeployException(
                ErrorTable.FunctionSwitchFailed,
                $"Environment '{environment}' does not serve the functions that it was switched to.",
                $"Look at the log with Get-LocalStack {environment} -Log functions, then publish the release again.",
                environment);
        }
    }

    private static IEnumerable<string> Slugs(PublishedFunctions? published) => published?.Functions.Keys ?? Enumerable.Empty<string>();

    private static string? DigestOf(PublishedFunctions? published, string slug) =>
        published?.Functions.TryGetValue(slug, out PublishedFunction? function) == true ? function.Digest : null;
}
