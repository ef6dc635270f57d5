using System.Globalization;

namespace SupabaseDeploy.LocalStack;

/// <summary>What Linux says of a process in <c>/proc/&lt;id&gt;/stat</c> (<see href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"/>).</summary>
/// <param name="State">Its state: <c>Z</c> and <c>X</c> for one that has ended.</param>
/// <param name="Session">The session it is in.</param>
/// <param name="Threads">How many threads it has.</param>
/// <param name="StartTime">The clock tick since the boot at which it started.</param>
internal sealed record ProcessStatus(string State, int Session, int Threads, string StartTime)
{
    /// <summary>Null when there is no such process.</summary>
    public static ProcessStatus? Read(int id)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{id}/stat");
        }
        catch (IOException)
        {
            return null; // The folder does not exist, or vanished while it was read.
        }

        // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const int State = 0, Session = 3, Threads = 17, StartTime = 19;
        return new ProcessStatus(fields[State], Number(fields[Session]), Number(fields[Threads]), fields[StartTime]);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
