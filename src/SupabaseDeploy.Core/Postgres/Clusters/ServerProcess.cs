using System.Diagnostics;
using System.Globalization;

namespace SupabaseDeploy.Postgres;

/// <summary>A running server as its <c>postmaster.pid</c> describes it, checked against the processes there are.</summary>
/// <param name="ProcessId">The postmaster.</param>
/// <param name="Port">Its TCP port.</param>
/// <param name="StartedAt">When it started, UTC.</param>
/// <param name="IsReady">Whether it says that it accepts connections.</param>
internal sealed record ServerProcess(int ProcessId, int Port, DateTimeOffset StartedAt, bool IsReady)
{
    private const string FileName = "postmaster.pid";

    /// <summary>The server that runs on a data folder; null when the file is missing, or names a process that is dead or something else.</summary>
    public static ServerProcess? Find(string data)
    {
        ServerProcess? written = Read(data);
        return written?.WorksOn(data) == true ? written : null;
    }

    /// <summary>Whether the process is there, and is a server that works in that data folder.</summary>
    public bool WorksOn(string data) => OperatingSystem.IsLinux()
        ? CommandName(ProcessId) == "postgres" && WorkingFolder(ProcessId) == RealPath.Of(data)
        : IsAlive(ProcessId) && Name(ProcessId).StartsWith("postgres", StringComparison.Ordinal);

    /// <summary>
    /// The lines of <c>postmaster.pid</c>: pid, data folder, start time, port, socket folder, address, shared memory, status.
    /// Null when it is missing or has no pid yet.
    /// </summary>
    public static ServerProcess? Read(string data)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Path.Combine(data, FileName));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        return lines.Length > 0 && int.TryParse(lines[0], NumberStyles.Integer, CultureInfo.InvariantCulture, out int pid)
            // A negative pid is a single-user server's.
            ? new ServerProcess(Math.Abs(pid), (int)Number(lines, 3), DateTimeOffset.FromUnixTimeSeconds(Number(lines, 2)), lines.Length > 7 && lines[7].Trim() == "ready")
            : null;
    }

    /// <summary>
    /// Makes way for a new server on a data folder on which none runs: ends the sessions that outlived a killed postmaster, as they
    /// hold its shared memory, and deletes a <c>postmaster.pid</c> whose number another program has now, which PostgreSQL would not.
    /// </summary>
    public static void ClearTheWay(string data)
    {
        EndAllIn(data);
        if (Read(data) is ServerProcess written && IsAlive(written.ProcessId))
        {
            File.Delete(Path.Combine(data, FileName));
        }
    }

    /// <summary>Deletes the <c>postmaster.pid</c> that a copy of a running server's data has: its server does not work on the copy.</summary>
    public static void ForgetIn(string copy) => File.Delete(Path.Combine(copy, FileName));

    /// <summary>Ends every PostgreSQL process that works in a folder or below it.</summary>
    public static void EndAllIn(string folder)
    {
        foreach (int pid in OperatingSystem.IsLinux() ? ServersIn(RealPath.Of(folder)) : RecordedIn(folder))
        {
            try
            {
                using Process process = Process.GetProcessById(pid);
                process.Kill();
                process.WaitForExit();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // It ended by itself.
            }
        }
    }

    /// <summary>Whether a PostgreSQL process runs a program in a folder or below it; for Linux.</summary>
    public static bool RunsFrom(string folder)
    {
        string prefix = RealPath.Of(folder) + "/";
        return Directory.EnumerateDirectories("/proc")
            .Where(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && CommandName(pid) == "postgres")
            .Any(path => LinkTarget(Path.Combine(path, "exe"))?.StartsWith(prefix, StringComparison.Ordinal) == true);
    }

    private static IEnumerable<int> ServersIn(string folder) =>
        Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(pid => pid > 0 && CommandName(pid) == "postgres" && WorkingFolder(pid) is string cwd && (cwd == folder || cwd.StartsWith(folder + "/", StringComparison.Ordinal)))
            .ToList();

    private static IEnumerable<int> RecordedIn(string folder) =>
        Directory.EnumerateFiles(folder, FileName, SearchOption.AllDirectories)
            .Select(file => Find(Path.GetDirectoryName(file)!))
            .Where(server => server is not null)
            .Select(server => server!.ProcessId)
            .ToList();

    private static string? CommandName(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").TrimEnd('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended.
            return null;
        }
    }

    private static string? WorkingFolder(int pid) => LinkTarget($"/proc/{pid}/cwd");

    private static string? LinkTarget(string link)
    {
        try
        {
            // A server whose folder was deleted under it still works there.
            return new FileInfo(link).LinkTarget?.Replace(" (deleted)", "", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or it is another user's and so not ours.
            return null;
        }
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            using Process process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string Name(int pid)
    {
        using Process process = Process.GetProcessById(pid);
        return process.ProcessName;
    }

    private static long Number(string[] lines, int index) =>
        lines.Length > index && long.TryParse(lines[index], NumberStyles.Integer, CultureInfo.InvariantCulture, out long value) ? value : 0;
}
