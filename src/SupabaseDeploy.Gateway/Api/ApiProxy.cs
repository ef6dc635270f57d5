using System.Diagnostics;
using System.Net;
using SupabaseDeploy.LocalStack;
using Yarp.ReverseProxy.Forwarder;

namespace SupabaseDeploy.Gateway.Api;

/// <summary>
/// Routes the paths of the API to the services: <c>/rest/v1</c>, <c>/auth/v1</c> and so on. Checks keys and exchanges the newer kind for
/// the JWTs that services understand, answers CORS, and says what is wrong when a service cannot answer.
/// </summary>
internal sealed class ApiProxy : IDisposable
{
    private readonly IReadOnlyList<(PlannedService Service, ServiceRoute Route)> _services;
    private readonly IReadOnlyList<MissingService> _missing;
    private readonly ApiKeys? _keys;
    private readonly IHttpForwarder _forwarder;
    private readonly Func<IReadOnlyList<ServiceReport>> _report;
    private readonly ServiceTransformer _transformer = new();

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        EnableMultipleHttp2Connections = true,
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        ConnectTimeout = TimeSpan.FromSeconds(5),
    });

    // A function may stream for as long as it likes, and a WebSocket lives on.
    private readonly ForwarderRequestConfig _config = new() { ActivityTimeout = TimeSpan.FromMinutes(10), Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    public ApiProxy(ServicePlan plan, IHttpForwarder forwarder, Func<IReadOnlyList<ServiceReport>> report)
    {
        _services = [.. plan.Services.SelectMany(service => (service.Route?.All ?? []).Select(route => (service, route)))];
        _missing = [.. plan.Missing.Where(service => service.Route is not null)];
        _keys = plan.Keys is null ? null : new ApiKeys(plan.Keys);
        _forwarder = forwarder;
        _report = report;
    }

    /// <summary>Answers a request for a service.</summary>
    /// <returns>False when its path is no service's.</returns>
    public async Task<bool> TryHandleAsync(HttpContext context)
    {
        PathString path = context.Request.Path;
        (PlannedService? service, ServiceRoute? route) = _services.FirstOrDefault(known => path.StartsWithSegments(known.Route.Path));
        MissingService? missing = service is null ? _missing.FirstOrDefault(known => known.FurtherRoutes.Prepend(known.Route).Any(route => path.StartsWithSegments(route))) : null;
        if (service is null && missing is null)
        {
            return false;
        }

        if (Cors.IsPreflight(context.Request))
        {
            Cors.AnswerPreflight(context);
            return true;
        }

        Cors.Allow(context);
        if (missing is not null)
        {
            await ApiProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, $"Service '{missing.Name}' is not available on this machine. {missing.Remedy}");
            return true;
        }

        await ForwardAsync(context, service!, route!);
        return true;
    }

    public void Dispose() => _client.Dispose();

    private async Task ForwardAsync(HttpContext context, PlannedService service, ServiceRoute route)
    {
        string? key = ApiKeys.Of(context.Request);
        ApiIdentity? identity = key is null ? null : _keys?.Find(key);
        string? refusal = route.Access switch
        {
            ServiceAccess.Open => null,
            _ when route.OpenPaths.Any(open => context.Request.Path.StartsWithSegments(route.Path + open)) => null,
            _ when key is null => "No API key found in request: send it as header 'apikey'.",
            _ when identity is null => "Invalid API key: it is none of this stack's. 'Get-LocalStack' shows them.",
            ServiceAccess.SecretKey when !identity.IsSecret => "This path needs the secret key.",
            _ => null,
        };
        if (refusal is not null)
        {
            await ApiProblem.WriteAsync(context, StatusCodes.Status401Unauthorized, refusal);
            return;
        }

        context.Features.Set(new ServiceRequest(route, identity?.Token));
        ForwarderError error = await _forwarder.SendAsync(context, $"http://127.0.0.1:{service.Port}", _client, _config, _transformer);
        if (error is ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.NoAvailableDestinations && !context.Response.HasStarted)
        {
            await ApiProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, Describe(service));
        }
    }

    private string Describe(PlannedService service)
    {
        ServiceReport? report = _report().FirstOrDefault(known => known.Name == service.Name);
        return report switch
        {
            { State: ServiceState.GaveUp } => $"Service '{service.Name}' does not run: {report.LastFailure}. See its log with 'Get-LocalStack -Log {service.Name}'.",
            { State: ServiceState.Healthy } => $"Service '{service.Name}' did not answer this request.",
            _ => $"Service '{service.Name}' is not ready yet ({report?.State.ToString().ToLowerInvariant()}). Try again in a moment.",
        };
    }
}
