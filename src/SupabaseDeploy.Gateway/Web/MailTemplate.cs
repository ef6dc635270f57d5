namespace SupabaseDeploy.Gateway.Web;

/// <summary>The text of a mail, for Auth: read anew for each request, because somebody is writing it.</summary>
internal static class MailTemplate
{
    /// <summary>Answers with the file, or with 404 where it is gone.</summary>
    public static async Task WriteAsync(HttpContext context, string file)
    {
        byte[] body;
        try
        {
            body = await File.ReadAllBytesAsync(file, context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
