using System.Globalization;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Tests.Secrets;

/// <summary>
/// What child processes were given. Programs that the module finds by name are preceded on PATH by ones of ours, which write down their
/// arguments and environment and then become the real one, so that none is missed; every other process is looked at in <c>/proc</c>.
/// </summary>
internal sealed class Children : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);
    private static readonly string[] s_servers = ["initdb", "pg_ctl", "postgres"];

    private readonly string _folder;
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<int> _before = [.. Processes()];
    private readonly HashSet<(int Id, string Arguments)> _seen = [];
    private readonly Dictionary<int, int> _parents = [];
    private readonly Dictionary<int, HashSet<string>> _names = [];
    private readonly List<Child> _new = [];
    private readonly Lock _lock = new();
    private readonly Task _watch;

    public Children(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(Programs);
        Directory.CreateDirectory(PostgresFolder);
        Directory.CreateDirectory(Records);
        File.SetUnixFileMode(Records, (UnixFileMode)0b1_111_111_111);
        foreach (string program in (string[])["setpriv", "runuser", "chown", "git", "node", "npm", "xz", "ss", "docker", "tar"])
        {
            if (Find(program) is { } real)
            {
                Precede(Programs, program, real);
            }
        }

        _watch = Task.Run(WatchAsync);
    }

    /// <summary>While this file is there, PostgreSQL's clients fail.</summary>
    public string BreakFlag { get; set; } = "";

    /// <summary>To be the first folder on PATH.</summary>
    public string Programs => Path.Combine(_folder, "programs");

    /// <summary>PostgreSQL, whose clients write down what they are given; its server finds its files by its own place, so that it is a link.</summary>
    public string PostgresFolder => Path.Combine(_folder, "postgres", "bin");

    private string Records => Path.Combine(_folder, "records");

    /// <summary>Every process since the last call.</summary>
    public IReadOnlyList<Child> Take()
    {
        lock (_lock)
        {
            foreach (string file in Directory.GetFiles(Records))
            {
                Add(Read(file));
                File.Delete(file);
            }

            Child[] children = [.. _new];
            _new.Clear();
            return children;
        }
    }

    /// <summary>The programs that a process was, and those that started it.</summary>
    public IEnumerable<string> NamesOf(Child child)
    {
        for (int id = child.Id; id > 1 && id != System.Environment.ProcessId; id = _parents.GetValueOrDefault(id))
        {
            foreach (string name in _names.GetValueOrDefault(id) ?? [])
            {
                yield return name;
            }
        }
    }

    public void UsePostgres(PostgresInstallation installation)
    {
        foreach (string program in PostgresInstallation.RequiredPrograms)
        {
            if (s_servers.Contains(program))
            {
                File.CreateSymbolicLink(Path.Combine(PostgresFolder, program), installation.Program(program));
            }
            else
            {
                Write(PostgresFolder, program, $"[ -e '{BreakFlag}' ] && echo 'error: broken' >&2 && exit 1\nexec '{installation.Program(program)}' \"$@\"");
            }
        }
    }

    /// <summary>A program of the test's own.</summary>
    public void Write(string name, string script) => Write(Programs, name, script);

    /// <summary>Puts a program that writes down what it is given before another.</summary>
    public void Precede(string folder, string name, string real) => Write(folder, name, $"exec '{real}' \"$@\"");

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watch;
        _end.Dispose();
    }

    private void Write(string folder, string name, string script)
    {
        string file = Path.Combine(folder, name);
        File.WriteAllText(file, $"""
            #!/bin/sh
            record='{Records}/'$$.{name}
            echo $$ $PPID > "$record"
            /bin/cat /proc/$$/cmdline >> "$record"
            echo >> "$record"
            /bin/cat /proc/$$/environ >> "$record"
            {script}

            """);
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(s_period);
        while (!_end.IsCancellationRequested)
        {
            Look();
            try
            {
                await timer.WaitForNextTickAsync(_end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Look()
    {
        foreach (int id in Processes().Where(id => !_before.Contains(id)))
        {
            string folder = $"/proc/{id}";
            try
            {
                string arguments = File.ReadAllText(Path.Combine(folder, "cmdline"));
                lock (_lock)
                {
                    if (_seen.Add((id, arguments)))
                    {
                        // "pid (name) state parent …"; the name may hold anything.
                        string parent = File.ReadAllText(Path.Combine(folder, "stat")).Split(") ")[^1].Split(' ')[1];
                        Add(new Child(id, int.Parse(parent, CultureInfo.InvariantCulture), arguments, File.ReadAllText(Path.Combine(folder, "environ"))));
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is another user's.
            }
        }
    }

    private static string? Find(string program) => System.Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    private void Add(Child child)
    {
        _new.Add(child);
        _parents[child.Id] = child.Parent;
        if (!_names.TryGetValue(child.Id, out HashSet<string>? names))
        {
            _names[child.Id] = names = [];
        }

        // An interpreter's script comes second.
        names.UnionWith(child.Arguments.Split('\0').Take(2).Select(argument => Path.GetFileName(argument)));
    }

    private static Child Read(string file)
    {
        string[] parts = File.ReadAllText(file).Split('\n', 3);
        int[] ids = [.. parts[0].Split(' ').Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
        return new Child(ids[0], ids[1], parts[1], parts[2]);
    }

    private static IEnumerable<int> Processes() => Directory.GetDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
        .Where(id => id > 0 && id != System.Environment.ProcessId);
}

/// <summary>A process, as <c>/proc</c> shows it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Parent">The number of the one that started it.</param>
/// <param name="Arguments">Ends with NUL each.</param>
/// <param name="Environment">Ends with NUL each.</param>
internal sealed record Child(int Id, int Parent, string Arguments, string Environment)
{
    public override string ToString() => Arguments.Replace('\0', ' ');
}
