using System.Diagnostics;
using System.Runtime.InteropServices;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.LocalStack;

/// <summary>Ends processes that are not children of this one.</summary>
internal static class ProcessEnding
{
    private const int TerminateSignal = 15;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(8);

    /// <summary>Asks the process to end and waits for it; when it does not, kills it. Does nothing when that very process is gone.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ProcessNotStopped"/>.</exception>
    public static async Task EndAsync(ProcessIdentity process, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!process.IsAlive)
        {
            return;
        }

        if (!OperatingSystem.IsWindows() && Signal(process.Id, TerminateSignal) == 0
            && await HasEndedAsync(process, time, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        Kill(process);
        if (!await HasEndedAsync(process, time, cancellationToken).ConfigureAwait(false))
        {
            throw new DeployException(
                ErrorTable.ProcessNotStopped,
                $"Process '{process.Id}' does not end, although it was killed.",
                $"End process {process.Id} by hand, as the user it belongs to.",
                process.Id);
        }
    }

    private static async Task<bool> HasEndedAsync(ProcessIdentity process, TimeProvider time, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (process.IsAlive)
        {
            if (time.GetElapsedTime(start) > s_grace)
            {
                return false;
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private static void Kill(ProcessIdentity identity)
    {
        try
        {
            using Process process = Process.GetProcessById(identity.Id);
            if (identity.IsAlive)
            {
                process.Kill();
            }
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It ended by itself in this moment.
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Signal(int processId, int signal);
}
