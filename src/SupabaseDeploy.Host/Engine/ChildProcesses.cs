using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace SupabaseDeploy.Host.Engine;

/// <summary>
/// The programs that were started below this process and belong to its session; a service that was started to outlive it has its own.
/// The engine kills a native command that it stops, but not what that command has started.
/// </summary>
internal sealed class ChildProcesses
{
    private readonly IReadOnlyList<ProcessLine> _lines;

    private ChildProcesses(IReadOnlyList<ProcessLine> lines) => _lines = lines;

    /// <summary>The tree as it is now; empty where there is no <c>/proc</c> to read it from.</summary>
    public static ChildProcesses OfThisSession()
    {
        if (!Directory.Exists("/proc/self"))
        {
            return new ChildProcesses([]);
        }

        List<ProcessLine> all = [.. Directory.EnumerateDirectories("/proc").Select(ProcessLine.Read).OfType<ProcessLine>()];
        if (all.Find(line => line.Id == Environment.ProcessId) is not { } self)
        {
            return new ChildProcesses([]);
        }

        ILookup<int, ProcessLine> byParent = all.Where(line => line.Session == self.Session).ToLookup(line => line.Parent);
        return new ChildProcesses([.. Below(self.Id, byParent)]);
    }

    /// <summary>Kills those that are left.</summary>
    public void KillRemaining()
    {
        foreach (ProcessLine line in _lines.Where(line => ProcessLine.Read($"/proc/{line.Id}")?.Started == line.Started))
        {
            try
            {
                using Process process = Process.GetProcessById(line.Id);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
            {
                // It ended in the same moment, or belongs to somebody else.
            }
        }
    }

    private static IEnumerable<ProcessLine> Below(int parent, ILookup<int, ProcessLine> byParent) =>
        byParent[parent].SelectMany(child => Below(child.Id, byParent).Append(child));

    /// <summary>What <c>/proc/&lt;id&gt;/stat</c> says; the start time tells a process from a later one with the same id.</summary>
    private sealed record ProcessLine(int Id, int Parent, int Session, string Started)
    {
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
                return new ProcessLine(id, Number(fields[1]), Number(fields[3]), fields[19]);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null; // Gone meanwhile.
            }
        }

        private static int Number(string field) => int.Parse(field, CultureInfo.InvariantCulture);
    }
}
