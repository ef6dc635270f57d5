using System.Globalization;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>The programs of one installation at work on one home: initialise, set passwords, start, stop.</summary>
internal sealed class PostgresServer(PostgresInstallation installation, ClusterHome home, TimeSpan patience, TimeProvider time)
{
    // pg_ctl looks ten times a second, which is longer than a start or a stop takes.
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(5);

    // A copy of the data of a server that was not shut down is flushed before it is recovered: by one call instead of one for each file.
    private static readonly string[] s_flushAtOnce = OperatingSystem.IsLinux() ? ["-c", "recovery_init_sync_method=syncfs"] : [];

    private const long LogLimit = 8 * 1024 * 1024;

    /// <summary>The programs.</summary>
    public PostgresInstallation Installation => installation;

    /// <summary>The superuser of every cluster.</summary>
    public const string Superuser = "supabase_admin";

    /// <summary>Makes a new data folder.</summary>
    /// <param name="folder">Its name in the home.</param>
    /// <param name="passwordFile">A file that only the server's user can read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task InitializeAsync(string folder, string passwordFile, CancellationToken cancellationToken) =>
        RunAsync("initdb", InitializeArguments(folder, passwordFile, OperatingSystem.IsLinux()), null, cancellationToken);

    /// <summary>The arguments of initdb.</summary>
    internal static IReadOnlyList<string> InitializeArguments(string folder, string passwordFile, bool hasUnicodeLocale) =>
    [
        "--pgdata=" + folder,
        "--username=" + Superuser,
        "--pwfile=" + passwordFile,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        // The same order of text on every machine; only glibc is sure to have the Unicode one.
        hasUnicodeLocale ? "--locale=C.UTF-8" : "--locale=C",
        "--no-sync",
    ];

    /// <summary>
    /// Gives both roles their passwords in single-user mode: no port, no socket, and only verifiers go in, so that a copied cluster
    /// is never reachable with a password that anybody knows.
    /// </summary>
    public Task SetPasswordsAsync(string folder, ClusterPasswords passwords, CancellationToken cancellationToken)
    {
        string statements =
            $"ALTER ROLE {Superuser} PASSWORD '{ScramVerifier.Create(passwords.SupabaseAdmin)}'\n"
            + $"ALTER ROLE postgres PASSWORD '{ScramVerifier.Create(passwords.Postgres)}'\n";
        // With no library: pg_stat_statements would keep these statements for everybody who may read statistics.
        return RunAsync("postgres", ["--single", "-D", folder, "-c", "exit_on_error=on", "-c", "log_statement=none", "-c", "shared_preload_libraries=", .. s_flushAtOnce, "postgres"], statements, cancellationToken);
    }

    /// <summary>Starts the server on the home's data and waits until it accepts connections.</summary>
    /// <returns>Null when it runs; else the end of what it wrote to its log.</returns>
    public async Task<string?> TryStartAsync(CancellationToken cancellationToken)
    {
        KeepLogShort();
        long before = File.Exists(home.Log) ? new FileInfo(home.Log).Length : 0;
        ProcessRequest request = Request("pg_ctl", StartArguments(patience));
        // Once the server runs, whoever stops us must not stop pg_ctl any more: the server is its child.
        using var starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ProcessResult> control = ChildProcess.RunAsync(InheritedDescriptors.Without(request), starting.Token);
        while (!control.IsCompleted && ServerProcess.Find(home.Data) is not { IsReady: true })
        {
            await Task.WhenAny(control, Task.Delay(s_poll, time, CancellationToken.None)).ConfigureAwait(false);
        }

        if (!control.IsCompleted)
        {
            return null;
        }

        ProcessResult result = await control.ConfigureAwait(false);
        return result.ExitCode == 0 ? null : ProcessResult.LastLines(ReadLog(before) + "\n" + result.Error, 12);
    }

    /// <summary>Stops the server: sessions are ended and everything is written; if that takes too long, at once, and the next start recovers.</summary>
    public async Task StopAsync(bool immediately, CancellationToken cancellationToken)
    {
        ServerProcess? server = ServerProcess.Find(home.Data);
        string error = "";
        foreach (string mode in immediately ? ["immediate"] : (string[])["fast", "immediate"])
        {
            ProcessRequest request = Request("pg_ctl", StopArguments(mode));
            ProcessResult result = await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
            if (await HasStoppedAsync(server, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            error = result.ExitCode == 0
                ? $"it was told to {(immediately ? "abort" : "stop")} and still runs after {patience.TotalSeconds:0} s"
                : ProcessResult.LastLines(result.Error, 3);
        }

        throw new DeployException(
            ErrorTable.ClusterStopFailed,
            $"The server in '{home.Data}' does not stop: {error}",
            $"Look into '{home.Log}'; end the process if it hangs, and run the command again.",
            home.Data);
    }

    private async Task<bool> HasStoppedAsync(ServerProcess? server, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        // The server deletes its file shortly before it ends.
        while (ServerProcess.Find(home.Data) is not null || server?.WorksOn(home.Data) == true)
        {
            if (time.GetElapsedTime(start) > patience)
            {
                return false;
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>
    /// The arguments of pg_ctl for a start, which it waits for. It puts paths into a shell's command line in double quotes, where <c>$</c> and <c>`</c> still mean
    /// something: so it is run in the home and gets relative paths.
    /// </summary>
    internal static IReadOnlyList<string> StartArguments(TimeSpan patience) =>
        ["start", "-D", "data", "-w", "-t", ((int)patience.TotalSeconds).ToString(CultureInfo.InvariantCulture), "-l", Path.Combine("log", "server.log"), "-s"];

    /// <summary>The arguments of pg_ctl for a stop, which it only asks for.</summary>
    internal static IReadOnlyList<string> StopArguments(string mode) => ["stop", "-D", "data", "-W", "-m", mode, "-s"];

    private async Task RunAsync(string program, IReadOnlyList<string> arguments, string? input, CancellationToken cancellationToken)
    {
        ProcessRequest request = Request(program, arguments) with { StandardInputText = input };
        (await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false)).EnsureSuccess(request);
    }

    private ProcessRequest Request(string program, IReadOnlyList<string> arguments) =>
        installation.Request(program, arguments) with { RunAs = home.RunAs, WorkingDirectory = home.Folder };

    private void KeepLogShort()
    {
        if (File.Exists(home.Log) && new FileInfo(home.Log).Length > LogLimit)
        {
            File.Move(home.Log, home.Log + ".1", overwrite: true);
        }
    }

    private string ReadLog(long from)
    {
        if (!File.Exists(home.Log))
        {
            return "";
        }

        using FileStream stream = new(home.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = Math.Min(from, stream.Length);
        return new StreamReader(stream).ReadToEnd();
    }
}
