namespace SupabaseDeploy.Gateway.Api;

/// <summary>Lets pages of any origin call the API, as the platform does: it identifies callers by keys, never by cookies.</summary>
internal static class Cors
{
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    public static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.ContainsKey("Origin") && request.Headers.ContainsKey("Access-Control-Request-Method");

    public static void AnswerPreflight(HttpContext context)
    {
        Allow(context);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.AccessControlAllowMethods = Methods;
        context.Response.Headers.AccessControlAllowHeaders = context.Request.Headers["Access-Control-Request-Headers"] is [{ } wished] ? wished : "*";
        context.Response.Headers.AccessControlMaxAge = "3600";
    }

    public static void Allow(HttpContext context)
    {
        if (context.Request.Headers.ContainsKey("Origin"))
        {
            context.Response.Headers.AccessControlAllowOrigin = "*";
        }
    }
}
