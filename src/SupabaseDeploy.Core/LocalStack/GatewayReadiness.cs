using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Waits for the services that a running gateway starts.</summary>
internal sealed class GatewayReadiness(StackFolder folder, string environment, TimeProvider time)
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until every service is healthy. One that is not optional and cannot be kept running is an error, any other a notice.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ServiceStartFailed"/>, with the end of the service's log; <see cref="ErrorTable.GatewayStartFailed"/>.</exception>
    public async Task WaitAsync(RunningGateway gateway, IProgressSink sink, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        GatewayHealth health = gateway.Health;
        while (true)
        {
            bool isOver = time.GetElapsedTime(start) > s_patience;
            List<ServiceReport> failed = [.. health.Services.Where(service => service.State == ServiceState.GaveUp || (isOver && service.State != ServiceState.Healthy))];
            if (failed.Find(service => !service.IsOptional) is { } needed)
            {
                throw NotHealthy(needed);
            }

            if (health.Services.All(service => service.State == ServiceState.Healthy || failed.Contains(service)))
            {
                failed.ForEach(service => sink.Publish(new Notice($"{NotHealthy(service).Message} The stack runs without it.")));
                return;
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
            health = await GatewayClient.GetHealthAsync(gateway.State.Port, cancellationToken).ConfigureAwait(false) ?? throw Lost();
        }
    }

    /// <summary>The end of a log, on lines of its own; empty when there is none.</summary>
    public static string Said(string log) =>
        File.Exists(log) && ProcessResult.LastLines(File.ReadAllText(log), 4) is { Length: > 0 } said ? "\n" + said : "";

    private DeployException NotHealthy(ServiceReport service) => new(
        ErrorTable.ServiceStartFailed,
        $"Service '{service.Name}' of environment '{environment}' does not become healthy: {service.LastFailure ?? "it does not answer"}.{Said(folder.LogOf(service.Name))}",
        $"Correct what the log '{folder.LogOf(service.Name)}' reports, then run 'Stop-LocalStack {environment}' and 'Start-LocalStack {environment}'.",
        service.Name);

    private DeployException Lost() => new(
        ErrorTable.GatewayStartFailed,
        $"The gateway of environment '{environment}' does not answer any more.{Said(folder.GatewayLog)}",
        $"Correct what the log '{folder.GatewayLog}' reports, then start the stack again.",
        environment);
}
