using System.Globalization;

namespace SupabaseDeploy.Gateway.Api;

/// <summary>One line a request to a service. Without the query, which may hold keys and tokens.</summary>
internal sealed class AccessLog(string path, TimeProvider time) : IDisposable
{
    private readonly BoundedFile _file = new(path);

    public void Write(HttpContext context, long begin) => _file.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{time.GetUtcNow():yyyy-MM-dd HH:mm:ss.fff'Z'} {context.Response.StatusCode} {context.Request.Method} {context.Request.Path} {time.GetElapsedTime(begin).TotalMilliseconds:0.0} ms"));

    public void Dispose() => _file.Dispose();
}
