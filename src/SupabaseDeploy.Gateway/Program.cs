using SupabaseDeploy.Gateway;
using SupabaseDeploy.LocalStack;

using DetachedSession session = DetachedSession.Begin();
GatewayOptions options;
try
{
    options = GatewayOptions.Parse(args);
}
catch (ArgumentException e)
{
#pragma warning disable RS0030 // There is no log file yet; the supervisor redirects this stream into one.
    await Console.Error.WriteLineAsync(e.Message);
#pragma warning restore RS0030
    return GatewayExitCode.InvalidOptions;
}

return await new GatewayServer(options, TimeProvider.System).RunAsync();
