using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupabaseDeploy.Gateway.Api;

/// <summary>An answer of the gateway itself, in the form that Supabase's clients read: <c>{"message":"…"}</c>.</summary>
internal sealed record ApiProblem(string Message)
{
    public static Task WriteAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "5";
        }

        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new ApiProblem(message), ApiProblemJson.Readable.ApiProblem);
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ApiProblem))]
internal sealed partial class ApiProblemJson : JsonSerializerContext
{
    /// <summary>Quotes stay quotes: people read these messages in a terminal, and no browser takes JSON for a page.</summary>
    public static ApiProblemJson Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
