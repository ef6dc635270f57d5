using System.Runtime.InteropServices;

namespace SupabaseDeploy.Host.Engine;

/// <summary>
/// Ctrl+C stops what runs, as in pwsh. SIGTERM, SIGHUP and SIGQUIT end the process, but only when what runs has cleaned up:
/// pwsh dies of them at once.
/// </summary>
internal sealed class EndingSignals : IDisposable
{
    /// <summary>Longer than any command of the module gives its own cleanup.</summary>
    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(60);

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
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => End(signal, 128 + 15)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => End(signal, 128 + 1)),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, signal => End(signal, 128 + 3)),
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

    private void StopPipeline(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _session.Stop();
    }

    private void End(PosixSignalContext signal, int exitCode)
    {
        signal.Cancel = true;
        if (ExitCode is not null)
        {
            return;
        }

        ExitCode = exitCode;
        _children = ChildProcesses.OfThisSession();
        _session.End();
        _ = Task.Delay(s_cleanupLimit, _ended.Token).ContinueWith(
            _ => ExitWithoutCleanup(exitCode), CancellationToken.None, TaskContinuationOptions.NotOnCanceled, TaskScheduler.Default);
    }

    private void ExitWithoutCleanup(int exitCode)
    {
        _children?.KillRemaining();
        Environment.Exit(exitCode);
    }
}
