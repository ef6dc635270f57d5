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

    /// <summary>Its start in clock ticks is exact, where a time computed from it moves with the clock.</summary>
    private static ProcessIdentity? OfLinux(int id) =>
        // Killed, the first thread may be gone before the others, which hold the process's ports for that long.
        ProcessStatus.Read(id) is not { } status || (status.State is "Z" or "X" && status.Threads <= 1)
            ? null
            : new ProcessIdentity(id, $"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()}/{status.StartTime}");

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
