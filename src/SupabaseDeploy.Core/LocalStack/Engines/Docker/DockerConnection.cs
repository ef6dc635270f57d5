using System.Net.Sockets;
using System.Text.Json;
using Docker.DotNet;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.LocalStack;

/// <summary>A connection to the Docker engine of this machine.</summary>
internal sealed class DockerConnection : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private DockerConnection(DockerClient client) => Client = client;

    /// <summary>The engine's API.</summary>
    public DockerClient Client { get; }

    /// <summary>Connects to the engine, which answers.</summary>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.DockerUnreachable"/>, <see cref="ErrorTable.DockerPermissionDenied"/> or <see cref="ErrorTable.DockerNotLocal"/>.
    /// </exception>
    public static async Task<DockerConnection> OpenAsync(DockerOptions options, CancellationToken cancellationToken)
    {
        Uri endpoint = options.Endpoint ?? FindEndpoint();
        EnsureLocal(endpoint);
        var connection = new DockerConnection(new DockerClientBuilder().WithEndpoint(endpoint).Build());
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            await connection.Client.System.PingAsync(limit.Token).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            connection.Dispose();
            throw Unreachable(endpoint, e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Asks the engine for something; when it refuses, says what it was.</summary>
    /// <param name="what">What is done, as a part of "Cannot … ": <c>create container 'x'</c>.</param>
    /// <param name="ask">Asks.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.DockerRefused"/>.</exception>
    public async Task<T> AskAsync<T>(string what, Func<DockerClient, Task<T>> ask)
    {
        try
        {
            return await ask(Client).ConfigureAwait(false);
        }
        catch (DockerApiException e)
        {
            throw Refused(what, e);
        }
        catch (HttpRequestException e)
        {
            throw new DeployException(
                ErrorTable.DockerUnreachable, $"Cannot {what}: the Docker engine does not answer any more: {Innermost(e).Message}", "Start the engine again, then repeat the command.", null, e);
        }
    }

    /// <inheritdoc cref="AskAsync{T}(string, Func{DockerClient, Task{T}})"/>
    public Task AskAsync(string what, Func<DockerClient, Task> ask) => AskAsync(what, async client =>
    {
        await ask(client).ConfigureAwait(false);
        return true;
    });

    public void Dispose() => Client.Dispose();

    /// <summary>What the engine says in an error's body: <c>{"message": "…"}</c>.</summary>
    public static string MessageOf(DockerApiException error)
    {
        string text = error.ResponseBody ?? "";
        try
        {
            using JsonDocument body = JsonDocument.Parse(text);
            return body.RootElement.GetProperty("message").GetString() ?? text;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return string.IsNullOrWhiteSpace(text) ? error.Message : text.Trim();
        }
    }

    private static Uri FindEndpoint()
    {
        try
        {
            return DockerConfig.Instance.GetEndpoint();
        }
        catch (Exception e) when (e is DockerConfigurationException or JsonException or IOException or UriFormatException)
        {
            throw new DeployException(
                ErrorTable.DockerUnreachable,
                $"No Docker engine can be looked for: {e.Message}",
                "Correct DOCKER_HOST, DOCKER_CONTEXT or Docker's own configuration; 'docker context ls' shows what there is.",
                null,
                e);
        }
    }

    /// <summary>The ports of the stack are those of this machine's loopback address.</summary>
    private static void EnsureLocal(Uri endpoint)
    {
        if (endpoint.Scheme is "ssh" || (endpoint.Scheme is "tcp" or "http" or "https" && !endpoint.IsLoopback))
        {
            throw new DeployException(
                ErrorTable.DockerNotLocal,
                $"The Docker engine at '{endpoint}' is on another machine, where a local stack could not be reached.",
                "Unset DOCKER_HOST or choose a context of this machine with 'docker context use'.",
                endpoint);
        }
    }

    private static DeployException Unreachable(Uri endpoint, Exception error)
    {
        Exception cause = Innermost(error);
        if (cause is SocketException { SocketErrorCode: SocketError.AccessDenied } or UnauthorizedAccessException)
        {
            return new DeployException(
                ErrorTable.DockerPermissionDenied,
                $"User '{Environment.UserName}' may not use the Docker engine at '{endpoint}'.",
                "Add the user to the group 'docker' ('sudo usermod -aG docker $USER') and sign in again, or use a rootless engine and set DOCKER_HOST.",
                endpoint,
                error);
        }

        string why = endpoint.Scheme == "unix" && !File.Exists(endpoint.LocalPath) ? "there is no such socket"
            : cause is OperationCanceledException ? $"it does not answer within {s_patience.TotalSeconds:0} seconds" : cause.Message;
        return new DeployException(
            ErrorTable.DockerUnreachable,
            $"No Docker engine answers at '{endpoint}': {why.TrimEnd('.')}.",
            "Start Docker, or set DOCKER_HOST to where it listens; 'Start-LocalStack -Engine Embedded' needs no Docker.",
            endpoint,
            error);
    }

    private static DeployException Refused(string what, DockerApiException error) => new(
        ErrorTable.DockerRefused, $"Cannot {what}: {MessageOf(error)}", "Correct what the Docker engine reports, then repeat the command.", null, error);

    private static Exception Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error;
    }
}
