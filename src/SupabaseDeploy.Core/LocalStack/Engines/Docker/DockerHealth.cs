using System.Net.Http.Headers;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>Waits until a container answers, and says what it said when it does not.</summary>
internal sealed class DockerHealth(DockerThings things, LocalKeys keys, TimeProvider time)
{
    private const int LinesShown = 12;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_answerLimit = TimeSpan.FromSeconds(5);

    // No proxy: a machine's proxy settings do not concern its loopback address. No pool: a container that is replaced has the same port.
    private static readonly HttpClient s_http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero });

    /// <summary>Returns when the container is healthy.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ContainerFailed"/>, with the last lines of its log.</exception>
    public async Task WaitAsync(DockerContainer container, string id, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (await AskAsync(container, cancellationToken).ConfigureAwait(false) is { } trouble)
        {
            FoundContainer? now = await things.FindAsync(id, cancellationToken).ConfigureAwait(false);
            string? why = now is null ? "it was removed by somebody else"
                : now.Status is "exited" or "dead" ? $"it ended with exit code {now.ExitCode}{(now.Restarts > 0 ? $", {now.Restarts + 1} times in a row" : "")}"
                : time.GetElapsedTime(start) > s_patience ? $"within {s_patience.TotalMinutes:0} minutes {trouble}"
                : null;
            if (why is not null)
            {
                throw await FailedAsync(container, now, why, cancellationToken).ConfigureAwait(false);
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Null when it is healthy; else what is wrong.</returns>
    private Task<string?> AskAsync(DockerContainer container, CancellationToken cancellationToken) => container.Service.HealthPath is { } path
        ? AskAsync(new Uri($"http://127.0.0.1:{container.HealthPort}{path}"), container.HealthToken, cancellationToken)
        : DockerDatabase.AskAsync(DockerDatabase.Administration(container.Port, keys), container.Mounts[0].Source, cancellationToken);

    private static async Task<string?> AskAsync(Uri uri, string? token, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_answerLimit);
        using var question = new HttpRequestMessage(HttpMethod.Get, uri);
        question.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using HttpResponseMessage answer = await s_http.SendAsync(question, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            return (int)answer.StatusCode < 400 ? null : $"'{uri.AbsolutePath}' answers with status {(int)answer.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            return $"'{uri}' does not answer: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"'{uri}' does not answer within {s_answerLimit.TotalSeconds:0} s";
        }
    }

    private async Task<DeployException> FailedAsync(DockerContainer container, FoundContainer? now, string why, CancellationToken cancellationToken)
    {
        string said = now is null ? "" : await things.TailAsync(now.Id, LinesShown, cancellationToken).ConfigureAwait(false);
        return new DeployException(
            ErrorTable.ContainerFailed,
            $"Service '{container.Service.Name}' (container '{container.Name}', image '{container.Image}') does not become healthy: {why}.{(said.Length > 0 ? "\n" + said : "")}",
            $"Correct what it reports, then run 'Start-LocalStack' again.",
            container.Service.Name);
    }
}
