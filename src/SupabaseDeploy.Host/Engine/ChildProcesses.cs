using System.Globalization;
using System.Runtime.InteropServices;

namespace SupabaseDeploy.Host.Engine;

/// <summary>
/// The programs that were started below this process and belong to its session; a service that was started to outlive it has its own.
/// The engine does not stop a native command that shares the terminal, nor what any native command has started: the terminal's Ctrl+C
/// reaches them all, but a signal to this process alone does not.
/// </summary>
internal sealed class ChildProcesses
{
    private const int Kill = 9;

    /// <summary>The kernel ends a killed process at once, unless it waits for a device.</summary>
    private static readonly TimeSpan s_killLimit = TimeSpan.FromSeconds(5);

    private readonly IReadOnlyList<ProcessLine> _lines;

    private ChildProcesses(IReadOnlyList<ProcessLine> lines) => _lines = lines;

    /// <summary>The tree as it is now; empty where there is no <c>/proc</c> to read it from.</summary>
    public static ChildProcesses Current()
    {
        if (ProcessLine.Read($"/proc/{Environment.ProcessId}") is not { } self)
        {
            return new ChildProcesses([]);
        }

        ILookup<int, ProcessLine> byParent = Directory.EnumerateDirectories("/proc")
            .Select(ProcessLine.Read)
            .OfType<ProcessLine>()
            .Where(line => line.Session == self.Session)
            .ToLookup(line => line.Parent);
        return new ChildProcesses([.. Below(self.Id, byParent)]);
    }

    /// <summary>True when this process is in front on a terminal, whose Ctrl+C goes to every program of its group.</summary>
    public static bool ShareTheTerminalsSignals() =>
        ProcessLine.Read($"/proc/{Environment.ProcessId}") is { } self && self.Group == self.GroupInFront;

    /// <summary>Hands a signal on.</summary>
    public void Signal(int signal) => Send(_lines, signal);

    /// <summary>Kills those that are left, and what they have started since, and waits until they are gone.</summary>
    public void KillRemaining()
    {
        List<ProcessLine> left = [.. _lines.Concat(Current()._lines).Where(line => line.IsAlive)];
        Send(left, Kill);
        SpinWait.SpinUntil(() => !left.Exists(line => line.IsAlive), s_killLimit);
    }

    private static IEnumerable<ProcessLine> Below(int parent, ILookup<int, ProcessLine> byParent) =>
        byParent[parent].SelectMany(child => Below(child.Id, byParent).Append(child));

    private static void Send(IEnumerable<ProcessLine> lines, int signal)
    {
        foreach (ProcessLine line in lines)
        {
            // It fails for a process that ended in the same moment or belongs to another user: neither can be helped.
            _ = SendSignal(line.Id, signal);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);

    /// <summary>What <c>/proc/&lt;id&gt;/stat</c> says; the start time tells a process from a later one with the same id.</summary>
    private sealed record ProcessLine(int Id, int Parent, int Group, int Session, int GroupInFront, string Started)
    {
        /// <summary>Whether it still runs.</summary>
        public bool IsAlive => Read($"/proc/{Id}")?.Started == Started;

        /// <summary>Null when there is no such process, or nothing but its exit code is left of it.</summary>
        public static ProcessLine? Read(string folder)
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id))
            {
                return null;
            }

            try
            {
                string line = File.ReadAllText(Path.Combine(folder, "stat"));

                // The second field is the program's name in parentheses, which may hold anything.
                string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
                return fields[0] is "Z" or "X" ? null : new ProcessLine(id, Number(fields[1]), Number(fields[2]), Number(fields[3]), Number(fields[5]), fields[19]);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null; // Gone meanwhile, or no such folder on this platform.
            }
        }

        private static int Number(string field) => int.Parse(field, CultureInfo.InvariantCulture);
    }
}
