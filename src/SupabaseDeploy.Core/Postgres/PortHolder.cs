using System.Globalization;

namespace SupabaseDeploy.Postgres;

/// <summary>Says who listens on a TCP port of this machine, for messages about a port that is taken.</summary>
public static class PortHolder
{
    private const string Unknown = "another program";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary><c>process 812 (node server.js)</c>, <c>container 'web'</c>, <c>a program of user 'www-data'</c> when it may not be looked at, else <c>another program</c>.</summary>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Ends the questions to other programs.</param>
    public static async Task<string> DescribeAsync(int port, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsMacOS())
        {
            return await AskLsofAsync(port, cancellationToken).ConfigureAwait(false);
        }

        if (!OperatingSystem.IsLinux() || Listeners(port) is not [var (inode, user), ..])
        {
            return Unknown;
        }

        if (ProcessOf(inode) is not { } process)
        {
            return UserNamed(user) is { } name ? $"a program of user '{name}'" : Unknown;
        }

        string[] command = CommandOf(process);
        return Path.GetFileName(command.FirstOrDefault()) == "docker-proxy" && await ContainerOfAsync(port, cancellationToken).ConfigureAwait(false) is { } container
            ? $"container '{container}'"
            : $"process {process} ({Shown(command)})";
    }

    /// <summary>The sockets that listen on a port (<see href="https://man7.org/linux/man-pages/man5/proc_pid_net.5.html"/>): inode and user id of each.</summary>
    private static List<(string Inode, string User)> Listeners(int port)
    {
        const int Local = 1, State = 3, User = 7, Inode = 9;
        const string Listening = "0A";
        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return [.. new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .Where(File.Exists)
            .SelectMany(file => File.ReadLines(file).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > Inode && fields[State] == Listening && fields[Local].EndsWith(suffix, StringComparison.Ordinal))
            .Select(fields => (fields[Inode], fields[User]))];
    }

    private static int? ProcessOf(string inode)
    {
        string socket = $"socket:[{inode}]";
        return Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out int id) ? id : 0)
            .Where(id => id > 0 && Holds(id, socket))
            .Select(id => (int?)id)
            .FirstOrDefault();
    }

    private static bool Holds(int process, string socket)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(file => new FileInfo(file).LinkTarget == socket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // It ended, or is another user's.
        }
    }

    private static string[] CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return []; // It ended in this moment.
        }
    }

    // Program and script, no more: the arguments of others may hold their secrets.
    private static string Shown(string[] command) => command switch
    {
        [] => "it has ended",
        [var program, var script, ..] when script.Length > 0 && script[0] != '-' && !script.AsSpan().ContainsAny("=@:") => $"{Path.GetFileName(program)} {Path.GetFileName(script)}",
        [var program, ..] => Path.GetFileName(program.Split(' ')[0]),
    };

    private static string? UserNamed(string id) => File.Exists("/etc/passwd")
        ? File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length > 2 && fields[2] == id)?[0]
        : null;

    private static async Task<string?> ContainerOfAsync(int port, CancellationToken cancellationToken)
    {
        string? names = await AskAsync("docker", ["ps", "--filter", $"publish={port}", "--format", "{{.Names}}"], cancellationToken).ConfigureAwait(false);
        return names?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault();
    }

    private static async Task<string> AskLsofAsync(int port, CancellationToken cancellationToken)
    {
        string? said = await AskAsync("lsof", ["-nP", $"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"], cancellationToken).ConfigureAwait(false);
        string[] lines = said?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return lines.FirstOrDefault(line => line[0] == 'p') is { } process && lines.FirstOrDefault(line => line[0] == 'c') is { } command
            ? $"process {process[1..]} ({command[1..]})"
            : Unknown;
    }

    /// <summary>What a program says; null when it is not there, fails or takes too long.</summary>
    private static async Task<string?> AskAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (ProgramSearch.Find(program) is not { } file)
        {
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            ProcessResult result = await ChildProcess.RunAsync(new ProcessRequest(file, arguments), limit.Token).ConfigureAwait(false);
            return result.ExitCode == 0 ? result.Output : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
