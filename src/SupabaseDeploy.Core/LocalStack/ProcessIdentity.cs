using System.Diagnostics;
using System.Globalization;

namespace SupabaseDeploy.LocalStack;

/// <summary>One process, told apart from a later one that the operating system gave the same id.</summary>
/// <param name="Id">Process id.</param>
/// <param name="Mark">What no later process with that id shares: on Linux the boot and the clock tick of its start, elsewhere its start time.</param>
public sealed record ProcessIdentity(int Id, string Mark)
{
    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } = Of(Environment.ProcessId)!;

    /// <summary>True while this very process runs.</summary>
    public bool IsAlive => Of(Id) == this;

    /// <summary>The process that has <paramref name="id"/> now; null when there is none, or only its unreaped remains.</summary>
    public static ProcessIdentity? Of(int id) =>
        OperatingSystem.IsLinux() ? OfLinux(id) : OfStartTime(id);

    /// <summary>Reads <c>/proc/&lt;id&gt;/stat</c> (<see href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"/>). Its start is exact, where a time computed from it moves with the clock.</summary>
    private static ProcessIdentity? OfLinux(int id)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{id}/stat");
        }
        catch (IOException)
        {
            return null; // No such process: the folder does not exist, or vanished while it was read.
        }

        // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const int State = 0, Threads = 17, StartTime = 19;
        // Killed, the first thread may be gone before the others, which hold the process's ports for that long.
        return fields[State] is "Z" or "X" && int.Parse(fields[Threads], CultureInfo.InvariantCulture) <= 1
            ? null
            : new ProcessIdentity(id, $"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()}/{fields[StartTime]}");
    }

    private static ProcessIdentity? OfStartTime(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return process.HasExited
                ? null
                : new ProcessIdentity(id, process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return null; // No such process, or it ended in this moment.
        }
    }
}
