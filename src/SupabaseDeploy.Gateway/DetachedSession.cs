using System.Runtime.InteropServices;

namespace SupabaseDeploy.Gateway;

/// <summary>Takes this process out of the session of the terminal that started it, so that neither closing it nor Ctrl+C there ends the gateway.</summary>
internal sealed class DetachedSession : IDisposable
{
    private readonly PosixSignalRegistration? _hangUp;

    private DetachedSession(PosixSignalRegistration? hangUp) => _hangUp = hangUp;

    public static DetachedSession Begin()
    {
        if (OperatingSystem.IsWindows())
        {
            return new DetachedSession(hangUp: null);
        }

        // Fails only for the leader of a process group (started at a shell's prompt), which has a group of its own already.
        _ = SetSessionId();
        return new DetachedSession(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true));
    }

    public void Dispose() => _hangUp?.Dispose();

    [DllImport("libc", EntryPoint = "setsid")]
    private static extern int SetSessionId();
}
