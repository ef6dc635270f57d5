using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Testing;

/// <summary>
/// A Management API on this machine. A request that does not match the OpenAPI file is refused and remembered, and so is an answer of its own
/// that does not: disposing of the server fails when there was one.
/// </summary>
public sealed class ManagementApiServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<ManagementApiTrouble>> _troubles = [];
    private readonly ConcurrentQueue<string> _violations = [];
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly ConcurrentDictionary<string, ManagementApiProject> _projects = [];
    private readonly WebApplication _application;

    private ManagementApiServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.Configure<KestrelServerOptions>(options => options.AllowSynchronousIO = false);
        builder.Logging.ClearProviders();
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    /// <summary>The server's address.</summary>
    public Uri Address => new(_application.Urls.Single() + "/");

    /// <summary>The one token it accepts; one that is revoked is any other.</summary>
    public Secret Token { get; set; } = new("sbp_" + Guid.NewGuid().ToString("N") + "00000000");

    /// <summary>The ids of the operations that were asked for, in order; with the trouble's status where there was one.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Requests and answers that did not match the contract.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    public static async Task<ManagementApiServer> StartAsync()
    {
        var server = new ManagementApiServer();
        await server._application.StartAsync();
        return server;
    }

    /// <summary>A new project.</summary>
    public ManagementApiProject AddProject(string? reference = null)
    {
        var project = new ManagementApiProject(reference ?? NewReference());
        _projects[project.Reference] = project;
        return project;
    }

    /// <summary>Twenty letters that no other project has.</summary>
    public static string NewReference() => new([.. Guid.NewGuid().ToByteArray().Concat(Guid.NewGuid().ToByteArray()).Take(20).Select(value => (char)('a' + (value % 26)))]);

    /// <summary>Lets the next requests for an operation meet these troubles, one each.</summary>
    public void Trouble(string operationId, params ManagementApiTrouble[] troubles)
    {
        ConcurrentQueue<ManagementApiTrouble> queue = _troubles.GetOrAdd(operationId, _ => []);
        foreach (ManagementApiTrouble trouble in troubles)
        {
            queue.Enqueue(trouble);
        }
    }

    /// <summary>How often an operation was asked for.</summary>
    public int Count(string operationId) => _requests.Count(id => id == operationId);

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        if (!_violations.IsEmpty)
        {
            throw new InvalidOperationException($"The contract was broken: {string.Join(" | ", _violations)}");
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (ManagementApiContract.Instance.Find(context.Request.Method, context.Request.Path.Value!) is not { } found)
        {
            await RefuseAsync(context, $"{context.Request.Method} {context.Request.Path}: no such operation");
            return;
        }

        (ManagementApiOperation operation, IReadOnlyDictionary<string, string> values) = found;
        _requests.Enqueue(operation.Id);
        ManagementApiForm form = await ManagementApiForm.ReadAsync(context.Request);
        IReadOnlyList<string> problems = ManagementApiContract.Instance.CheckRequest(operation, values, form.ToRequest(context.Request));
        if (problems.Count > 0)
        {
            await RefuseAsync(context, $"{operation.Id}: {string.Join("; ", problems)}");
            return;
        }

        if (context.Request.Headers.Authorization != $"Bearer {Token.Reveal()}")
        {
            await SendAsync(context, operation, new ManagementApiAnswer(401, Message("Unauthorized")));
            return;
        }

        await WithTroubleAsync(context, operation, values, form);
    }

    private async Task WithTroubleAsync(HttpContext context, ManagementApiOperation operation, IReadOnlyDictionary<string, string> values, ManagementApiForm form)
    {
        if (!_troubles.TryGetValue(operation.Id, out ConcurrentQueue<ManagementApiTrouble>? troubles) || !troubles.TryDequeue(out ManagementApiTrouble? trouble))
        {
            await SendAsync(context, operation, await WorkAsync(operation, values, form));
            return;
        }

        if (trouble.IsDoneFirst)
        {
            await WorkAsync(operation, values, form);
        }

        if (trouble.IsSilent)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }

        if (trouble.IsCut)
        {
            context.Abort();
            return;
        }

        foreach ((string name, string value) in trouble.Headers)
        {
            context.Response.Headers[name] = value;
        }

        await SendAsync(context, operation, new ManagementApiAnswer(trouble.Status, Message(trouble.Message)));
    }

    private async Task<ManagementApiAnswer> WorkAsync(ManagementApiOperation operation, IReadOnlyDictionary<string, string> values, ManagementApiForm form)
    {
        if (!_projects.TryGetValue(values["ref"], out ManagementApiProject? project))
        {
            return new ManagementApiAnswer(404, Message("Project not found"));
        }

        try
        {
            return await project.AnswerAsync(operation.Id, values, form);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or NotSupportedException)
        {
            return new ManagementApiAnswer(500, Message($"The test server failed: {e.Message}"));
        }
    }

    private async Task SendAsync(HttpContext context, ManagementApiOperation operation, ManagementApiAnswer answer)
    {
        JsonElement? body = answer.Body is null ? null : JsonSerializer.SerializeToElement(answer.Body);
        IReadOnlyList<string> problems = ManagementApiContract.Instance.CheckAnswer(operation, answer.Status, answer.Stream is null ? "application/json" : answer.ContentType, body);
        if (problems.Count > 0)
        {
            await RefuseAsync(context, $"the server's own answer to {operation.Id}: {string.Join("; ", problems.Take(5))}", 500);
            return;
        }

        context.Response.StatusCode = answer.Status;
        context.Response.Headers["x-request-id"] = $"request-{_requests.Count}";
        context.Response.ContentType = answer.ContentType;
        await context.Response.Body.WriteAsync(answer.Stream ?? (answer.Body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(answer.Body)));
    }

    private async Task RefuseAsync(HttpContext context, string violation, int status = 400)
    {
        _violations.Enqueue(violation);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(JsonSerializer.Serialize(new { message = $"Contract: {violation}" }));
    }

    private static JsonObject Message(string message) => new() { ["message"] = message };
}

/// <summary>What the server answers.</summary>
public sealed record ManagementApiAnswer(int Status, JsonNode? Body = null, byte[]? Stream = null, string ContentType = "application/json");
