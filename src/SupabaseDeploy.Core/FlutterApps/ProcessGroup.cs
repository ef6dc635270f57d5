using System.Diagnostics;
using System.Runtime.InteropServices;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.FlutterApps;

/// <summary>
/// A program in a session of its own, where the system has <c>setsid</c>: a browser whose Flutter died is nobody's child any more and
/// can only be found as a member of the group. Ctrl+C of the terminal does not reach the group either, so that it is us who stop it.
/// </summary>
internal static class ProcessGroup
{
    private const int KillSignal = 9;
    private static readonly string? s_setsid = OperatingSystem.IsLinux() ? ProgramSearch.Find("setsid") : null;

    /// <summary>The command that starts a program as the leader of its group; its process id is the group's.</summary>
    public static IReadOnlyList<string> Command(IReadOnlyList<string> command) => s_setsid is null ? command : [s_setsid, .. command];

    /// <summary>Ends the process, what it started, and what is left of its group.</summary>
    public static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself; what it left behind is in its group.
        }

        if (s_setsid is not null)
        {
            _ = Signal(-process.Id, KillSignal);
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Signal(int processId, int signal);
}
