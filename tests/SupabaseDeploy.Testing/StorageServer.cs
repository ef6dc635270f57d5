using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SupabaseDeploy.Testing;

/// <summary>The storage of a project on this machine: buckets, objects with their headers, public addresses; and a platform that fails now and then.</summary>
public sealed class StorageServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, bool> _buckets = [];
    private readonly ConcurrentDictionary<string, StoredObject> _objects = [];
    private readonly WebApplication _application;

    private StorageServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    /// <summary>The project's address.</summary>
    public Uri Address => new(_application.Urls.Single() + "/");

    /// <summary>The key that may write.</summary>
    public string Key { get; set; } = "service-key";

    /// <summary>So many next requests are answered with 503.</summary>
    public int Failures { get; set; }

    /// <summary>How many seconds the requests that are answered with 503 are to wait; null for no word about it.</summary>
    public int? RetryAfter { get; set; }

    /// <summary>So many next requests for public files fail.</summary>
    public int PublicFailures { get; set; }

    /// <summary>So many next requests get no answer.</summary>
    public int Stalls { get; set; }

    /// <summary>A folder that is served below <c>/site/</c>, as another host would; null for none.</summary>
    public string? SiteFolder { get; set; }

    /// <summary>Called before each upload, with the path; throws for a host that dies there.</summary>
    public Action<string>? OnUpload { get; set; }

    /// <summary>The paths that were written, in order.</summary>
    public ConcurrentQueue<string> Uploads { get; } = [];

    /// <summary>The objects of a bucket, by path.</summary>
    public IReadOnlyDictionary<string, StoredObject> Objects(string bucket) => _objects
        .Where(pair => pair.Key.StartsWith(bucket + "/", StringComparison.Ordinal))
        .ToDictionary(pair => pair.Key[(bucket.Length + 1)..], pair => pair.Value);

    public void AddBucket(string name, bool isPublic) => _buckets[name] = isPublic;

    public static async Task<StorageServer> StartAsync()
    {
        var server = new StorageServer();
        await server._application.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string[] parts = context.Request.Path.Value!.Trim('/').Split('/');
        if (parts is ["storage", "v1", "object", "public", ..])
        {
            await ServeAsync(context, string.Join('/', parts[4..]));
            return;
        }

        if (parts is ["site", ..])
        {
            await ServeFileAsync(context, Path.Combine([SiteFolder ?? "", .. parts[1..]]));
            return;
        }

        if (Failures > 0)
        {
            Failures--;
            context.Response.StatusCode = 503;
            if (RetryAfter is { } seconds)
            {
                context.Response.Headers.RetryAfter = $"{seconds}";
            }

            return;
        }

        if (Stalls > 0)
        {
            Stalls--;
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }

        if (context.Request.Headers.Authorization != $"Bearer {Key}" || context.Request.Headers["apikey"] != Key)
        {
            await SayAsync(context, 400, new { statusCode = "403", error = "Unauthorized", message = $"Invalid Compact JWS: {context.Request.Headers["apikey"]}" });
            return;
        }

        Task answer = (context.Request.Method, parts) switch
        {
            ("GET", ["storage", "v1", "bucket", var name]) => _buckets.TryGetValue(name, out bool isPublic)
                ? SayAsync(context, 200, new { id = name, name, @public = isPublic })
                : SayAsync(context, 400, new { statusCode = "404", error = "Bucket not found", message = "Bucket not found" }),
            ("POST", ["storage", "v1", "bucket"]) => MakeBucketAsync(context),
            ("POST", ["storage", "v1", "object", var bucket, ..]) => UploadAsync(context, bucket, string.Join('/', parts[4..])),
            ("DELETE", ["storage", "v1", "object", var bucket]) => RemoveAsync(context, bucket),
            _ => SayAsync(context, 404, new { message = "Route not found" }),
        };
        await answer;
    }

    private async Task ServeAsync(HttpContext context, string path)
    {
        if (PublicFailures > 0)
        {
            PublicFailures--;
            context.Response.StatusCode = 503;
            return;
        }

        if (!_objects.TryGetValue(path, out StoredObject? found) || !_buckets.GetValueOrDefault(path.Split('/')[0]))
        {
            await SayAsync(context, 400, new { statusCode = "404", error = "not_found", message = "Object not found" });
            return;
        }

        context.Response.ContentType = found.ContentType;
        context.Response.Headers.CacheControl = found.CacheControl;
        await context.Response.Body.WriteAsync(found.Content);
    }

    private static async Task ServeFileAsync(HttpContext context, string path)
    {
        context.Response.StatusCode = File.Exists(path) ? 200 : 404;
        context.Response.ContentType = path.EndsWith(".html", StringComparison.Ordinal) ? "text/html" : "application/octet-stream";
        await context.Response.Body.WriteAsync(File.Exists(path) ? await File.ReadAllBytesAsync(path) : []);
    }

    private async Task MakeBucketAsync(HttpContext context)
    {
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
        _buckets[body.RootElement.GetProperty("name").GetString()!] = body.RootElement.GetProperty("public").GetBoolean();
        await SayAsync(context, 200, new { name = "made" });
    }

    private async Task UploadAsync(HttpContext context, string bucket, string path)
    {
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content);
        try
        {
            OnUpload?.Invoke(path);
        }
        catch (IOException)
        {
            context.Response.StatusCode = 403;
            return;
        }

        string key = $"{bucket}/{path}";
        if (_objects.ContainsKey(key) && context.Request.Headers["x-upsert"] != "true")
        {
            await SayAsync(context, 400, new { statusCode = "409", error = "Duplicate", message = "The resource already exists" });
            return;
        }

        Uploads.Enqueue(path);
        _objects[key] = new StoredObject(content.ToArray(), context.Request.ContentType ?? "", $"{context.Request.Headers.CacheControl}");
        await SayAsync(context, 200, new { Key = key });
    }

    private async Task RemoveAsync(HttpContext context, string bucket)
    {
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
        foreach (JsonElement path in body.RootElement.GetProperty("prefixes").EnumerateArray())
        {
            _objects.TryRemove($"{bucket}/{path.GetString()}", out _);
        }

        await SayAsync(context, 200, Array.Empty<object>());
    }

    private static async Task SayAsync(HttpContext context, int status, object body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body));
    }
}

/// <summary>An object with what it is served as.</summary>
public sealed record StoredObject(byte[] Content, string ContentType, string CacheControl);
