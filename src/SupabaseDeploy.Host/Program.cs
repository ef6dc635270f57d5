using SupabaseDeploy.Host;
using SupabaseDeploy.Host.CommandLine;

return HostProcess.Run(CommandLineParser.Parse(args, inputIsRedirected: Console.IsInputRedirected));
