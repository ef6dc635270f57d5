using System.Management.Automation;
using SupabaseDeploy.Host.CommandLine;
using SupabaseDeploy.Host.Engine;
using SupabaseDeploy.Host.Terminal;

namespace SupabaseDeploy.Host;

/// <summary>One run of the host, from the command line to the exit code.</summary>
internal static class HostProcess
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int BadCommandLine = 64;

    /// <summary>The exit code that <c>pwsh</c> would end with.</summary>
    public static int Run(HostOptions options)
    {
        switch (options.Mode)
        {
            case HostMode.Version:
                Console.Out.WriteLine($"SupabaseDeploy.Host {ThisHost.HostVersion} (PowerShell {PSVersionInfo.PSVersion})");
                return Success;
            case HostMode.Help:
                Console.Out.WriteLine(HelpText.Full);
                return Success;
            case HostMode.Refused:
                Console.Error.WriteLine(options.Refusal);
                if (options.ShowHelp)
                {
                    Console.Error.WriteLine();
                    Console.Error.WriteLine(HelpText.Usage);
                }

                return BadCommandLine;
            default:
                return RunSession(options);
        }
    }

    private static int RunSession(HostOptions options)
    {
        if (options.WorkingDirectory is not null)
        {
            Environment.CurrentDirectory = options.WorkingDirectory;
        }

        using var terminal = new TerminalInterface(options.NonInteractive);
        var host = new ThisHost(terminal);
        using var session = new EngineSession(host, options.ExecutionPolicy);
        using var signals = new EndingSignals(session);
        int exitCode = Run(options, host, session);
        return signals.ExitCode ?? exitCode;
    }

    private static int Run(HostOptions options, ThisHost host, EngineSession session)
    {
        bool failed = options.Mode switch
        {
            HostMode.File => !session.RunFile(options.File!, options.Arguments, options.NoExit),
            HostMode.Command => !session.RunCommand(options.Command!, options.Arguments),
            _ => false,
        };
        if (!host.ShouldExit && (options.Mode == HostMode.Prompt || options.NoExit))
        {
            new CommandPrompt(session, host).Run(greet: !options.NoLogo && options.Mode == HostMode.Prompt);
            failed = false;
        }

        return host.ShouldExit ? host.ExitCode
            : failed || !session.LastCommandSucceeded() ? Failure
            : Success;
    }
}
