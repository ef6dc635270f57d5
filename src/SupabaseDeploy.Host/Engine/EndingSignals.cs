using System.Runtime.InteropServices;

namespace SupabaseDeploy.Host.Engine;

/// <summary>
/// Ctrl+C stops what runs, as in pwsh. SIGTERM, SIGHUP and SIGQUIT end the process, but only when what runs has cleaned up:
/// pwsh dies of them at once.
/// </summary>
internal sealed class EndingSignals : IDisposable
{
    private const int Interrupt = 2;
    private const int ExitCodeOfSignal = 128;

    /// <summary>Longer than any command of the module gives its own cleanup.</summary>
    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly EngineSession _session;
    private readonly PosixSignalRegistration[] _registrations;
    private readonly CancellationTokenSource _ended = new();
    private ChildProcesses? _children;

    public EndingSignals(EngineSession session)
    {
        _session = session;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, StopPipeline),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, 15)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => End(context, 1)),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => End(context, 3)),
        ];
    }

    /// <summary>The exit code of the signal that ends the process, once one did.</summary>
    public int? ExitCode { get; private set; }

    public void Dispose()
    {
        _ended.Cancel();
        _children?.KillRemaining();
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void StopPipeline(PosixSignalContext context)
    {
        context.Cancel = true;
        _session.Stop();
        if (!ChildProcesses.ShareTheTerminalsSignals())
        {
            ChildProcesses.Current().Signal(Interrupt);
        }
    }

    private void End(PosixSignalContext context, int signal)
    {
        context.Cancel = true;
        lock (_gate)
        {
            if (ExitCode is not null)
            {
                return;
            }

            ExitCode = ExitCodeOfSignal + signal;
        }

        _children = ChildProcesses.Current();
        _session.End();
        _children.Signal(signal);
        _ = Task.Delay(s_cleanupLimit, _ended.Token).ContinueWith(
            _ => ExitWithoutCleanup(), CancellationToken.None, TaskContinuationOptions.NotOnCanceled, TaskScheduler.Default);
    }

    private void ExitWithoutCleanup()
    {
        _children?.KillRemaining();
        Environment.Exit(ExitCode!.Value);
    }
}
