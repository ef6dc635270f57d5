using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using SupabaseDeploy.Gateway.Api;
using SupabaseDeploy.Gateway.Services;
using SupabaseDeploy.Gateway.Web;
using SupabaseDeploy.LocalStack;
using Yarp.ReverseProxy.Forwarder;

namespace SupabaseDeploy.Gateway;

/// <summary>The server of one environment: health and the web root, on loopback only.</summary>
internal sealed class GatewayServer(GatewayOptions options, TimeProvider time)
{
    private static readonly TimeSpan s_stateCheck = TimeSpan.FromSeconds(2);

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly WebRoot _root = new(options.WebRoot);
    private ServicePlan _plan = ServicePlan.Empty;
    private ServiceSupervisor? _supervisor;

    /// <summary>Serves until SIGTERM or SIGINT.</summary>
    /// <returns>The process's exit code.</returns>
    public async Task<int> RunAsync()
    {
        using var log = new BoundedFileLog(options.LogFile, time);
        ILogger logger = log.CreateLogger("Gateway");
        using FileStream? running = TryLock();
        if (running is null)
        {
            logger.LogWarning("Another gateway of environment '{Environment}' is running.", options.Environment);
            return GatewayExitCode.AlreadyRunning;
        }

        _plan = ServicePlan.Parse(await File.ReadAllTextAsync(options.PlanFile));
        await using WebApplication application = Build(log);
        try
        {
            await application.StartAsync();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            logger.LogError("Port {Port} is in use.", options.Port);
            return GatewayExitCode.PortInUse;
        }

        int port = BoundPort(application);
        await using var supervisor = ServiceSupervisor.Start(_plan, options.StateFile + ".processes", new SupervisionTimes(), time);
        _supervisor = supervisor;
        WriteState(port);
        logger.LogInformation("Environment '{Environment}' is served on port {Port}.", options.Environment, port);
        using var ended = new CancellationTokenSource();
        Task watching = EndWithStateAsync(application.Lifetime, ended.Token);
        await application.WaitForShutdownAsync();
        await ended.CancelAsync();
        await watching;
        if (IsStateOurs())
        {
            File.Delete(options.StateFile);
        }

        logger.LogInformation("Stopped.");
        return 0;
    }

    /// <summary>
    /// Ends the gateway when its state file is gone, or is that of a gateway that was started since: the project was deleted or moved under it,
    /// and no command would find it again. PostgreSQL does the same with its lock file.
    /// </summary>
    private async Task EndWithStateAsync(IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(s_stateCheck, time);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (!IsStateOurs())
                {
                    _supervisor!.LeaveFile();
                    lifetime.StopApplication();
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was told to end.
        }
    }

    private bool IsStateOurs() => GatewayState.Read(options.StateFile)?.Process == ProcessIdentity.Current;

    /// <summary>Held as long as this process lives, whatever ends it: no second gateway serves the same environment.</summary>
    private FileStream? TryLock()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(options.StateFile)!);
        try
        {
            return new FileStream(options.StateFile + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private WebApplication Build(BoundedFileLog log)
    {
        // Empty: no configuration files, environment variables or console of the folder it happens to be started in.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            // How much may be uploaded is for the service to say: Storage takes 50 MB where nothing else is configured.
            server.Limits.MaxRequestBodySize = null;
            server.Listen(IPAddress.Loopback, options.Port);
            foreach (string address in _plan.Addresses)
            {
                server.Listen(IPAddress.Parse(address), options.Port);
            }
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton(services => new ApiProxy(_plan, services.GetRequiredService<IHttpForwarder>(), () => _supervisor?.Report() ?? []));
        builder.Services.AddSingleton(_ => new AccessLog(Path.Combine(Path.GetDirectoryName(options.LogFile)!, "access.log"), time));
        WebApplication application = builder.Build();
        ApiProxy api = application.Services.GetRequiredService<ApiProxy>();
        AccessLog access = application.Services.GetRequiredService<AccessLog>();
        var site = new StaticSite(_root, options.Environment);
        application.Run(async context =>
        {
            long begin = time.GetTimestamp();
            if (context.Request.Path.Value == GatewayHealth.Path)
            {
                await WriteHealthAsync(context);
            }
            else if (context.Request.Path.StartsWithSegments(ServicePlan.MailPath, out PathString name) && _plan.MailTemplates.TryGetValue(name.Value!.TrimStart('/'), out string? template))
            {
                await MailTemplate.WriteAsync(context, template);
            }
            else if (context.Request.Path.StartsWithSegments("/_gateway"))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            }
            else if (await api.TryHandleAsync(context))
            {
                access.Write(context, begin);
            }
            else
            {
                await site.ServeAsync(context);
            }
        });
        return application;
    }

    private Task WriteHealthAsync(HttpContext context)
    {
        string? id = _root.CurrentId();
        bool isOnDisk = id is not null && _root.Find(id) is not null;
        string status = id is null ? "waiting" : isOnDisk ? "serving" : "missing";
        byte[] body = new GatewayHealth(
            status, isOnDisk ? id : null, options.Environment, Environment.ProcessId, _startedAt, _plan.Hash, [.. Report(context.Connection.LocalPort)]).ToJson();
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private IEnumerable<ServiceReport> Report(int ownPort) =>
        from report in _supervisor?.Report() ?? []
        let route = _plan.Services.First(service => service.Name == report.Name).Route?.Path
        select report with { Url = route is null ? $"http://127.0.0.1:{report.Port}/" : $"http://127.0.0.1:{ownPort}{route}" };

    private static int BoundPort(WebApplication application) =>
        new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    private void WriteState(int port)
    {
        string version = typeof(GatewayServer).Assembly.GetName().Version!.ToString(fieldCount: 3);
        var state = new GatewayState(ProcessIdentity.Current, port, _startedAt, options.Environment, options.WebRoot, version);
        string temporary = options.StateFile + ".tmp"; // The lock makes this process its only writer.
        using (FileStream file = File.Create(temporary))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(state.ToJson()));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, options.StateFile, overwrite: true);
    }
}
