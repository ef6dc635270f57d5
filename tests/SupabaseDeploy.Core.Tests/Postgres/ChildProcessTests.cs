using System.Collections;
using System.Diagnostics;
using System.Globalization;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task Output_error_and_exit_code_are_captured()
    {
        ProcessResult result = await ChildProcess.RunAsync(Shell("echo out; echo err >&2; exit 3"), CancellationToken.None);

        Assert.Equal(new ProcessResult(3, "out\n", "err\n"), result);
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        var request = new ProcessRequest("printf", ["%s|", "a b", "$HOME", "`id`", "\"", "'", ""]);

        Assert.Equal("a b|$HOME|`id`|\"|'||", (await ChildProcess.RunAsync(request, CancellationToken.None)).Output);
    }

    [Fact]
    public async Task Input_is_given_and_then_closed()
    {
        ProcessResult result = await ChildProcess.RunAsync(new ProcessRequest("cat", []) { StandardInputText = "hello" }, CancellationToken.None);

        Assert.Equal("hello", result.Output);
    }

    [Fact]
    public async Task A_program_that_does_not_read_its_input_is_no_failure()
    {
        ProcessResult result = await ChildProcess.RunAsync(Shell("exit 0") with { StandardInputText = new string('x', 1_000_000) }, CancellationToken.None);

        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task Of_a_talkative_program_the_end_is_kept()
    {
        ProcessResult result = await ChildProcess.RunAsync(
            Shell("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done") with { OutputLimit = 100 }, CancellationToken.None);

        Assert.True(result.IsTruncated);
        Assert.Equal(100, result.Output.Length);
        Assert.EndsWith("line 4999\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_are_told_as_they_arrive()
    {
        var lines = new List<string>();

        await ChildProcess.RunAsync(Shell("printf 'one\\ntwo\\nlast'") with { LineReceived = lines.Add }, CancellationToken.None);

        Assert.Equal(["one", "two", "last"], lines);
    }

    [Fact]
    public async Task Cancelling_kills_the_whole_tree_before_it_returns()
    {
        using var stop = new CancellationTokenSource();
        var pids = new List<int>();
        ProcessRequest request = Shell("sleep 1000 & echo $!; echo $$; wait") with
        {
            LineReceived = line =>
            {
                pids.Add(int.Parse(line, CultureInfo.InvariantCulture));
                if (pids.Count == 2)
                {
                    stop.Cancel();
                }
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ChildProcess.RunAsync(request, stop.Token));

        Assert.All(pids, pid => Assert.False(IsRunning(pid), $"{pid} still runs"));
    }

    [Fact]
    public async Task A_daemon_that_keeps_the_pipe_does_not_keep_us()
    {
        ProcessResult result = await ChildProcess.RunAsync(Shell("sleep 1000 & echo $!"), CancellationToken.None);

        using Process daemon = Process.GetProcessById(int.Parse(result.Output, CultureInfo.InvariantCulture));
        Assert.Equal(0, result.ExitCode);
        daemon.Kill();
    }

    [Theory]
    [InlineData("no-such-program-anywhere")]
    [InlineData("/nowhere/psql")]
    public async Task A_missing_program_is_named(string program)
    {
        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ChildProcess.RunAsync(new ProcessRequest(program, []), CancellationToken.None));

        Assert.Equal(ErrorTable.ProgramNotFound, e.Code);
        Assert.Equal($"Program '{program}' was not found.", e.Message);
    }

    [Fact]
    public async Task A_failure_says_what_the_program_said()
    {
        ProcessRequest request = Shell("echo no space left >&2; exit 1");
        ProcessResult result = await ChildProcess.RunAsync(request, CancellationToken.None);

        DeployException e = Assert.Throws<DeployException>(() => result.EnsureSuccess(request));

        Assert.Equal("Program 'sh' ended with exit code 1: no space left", e.Message);
    }

    [Fact]
    public void A_child_gets_what_it_needs_to_find_its_way_and_no_secret_of_ours()
    {
        var ours = new Hashtable
        {
            ["PATH"] = "/bin",
            ["LC_ALL"] = "C",
            ["XDG_CACHE_HOME"] = "/c",
            ["PGPASSWORD"] = "secret",
            ["DATABASE_URL"] = "postgres://u:secret@h/d",
            ["GITHUB_TOKEN"] = "secret",
            ["HOME"] = "/home/me",
        };

        Dictionary<string, string> child = ChildEnvironment.For(ours, new Dictionary<string, string?> { ["PGPASSFILE"] = "/f", ["HOME"] = null });

        Assert.Equal(
            new Dictionary<string, string> { ["PATH"] = "/bin", ["LC_ALL"] = "C", ["XDG_CACHE_HOME"] = "/c", ["PGPASSFILE"] = "/f" }, child);
    }

    [Fact]
    public void Root_becomes_another_user_with_the_first_program_there_is()
    {
        Assert.Equal(
            ["/usr/bin/setpriv", "--reuid=postgres", "--regid=104", "--init-groups", "--", "/bin/initdb", "-D", "a b"],
            UnprivilegedUser.CommandAs("postgres", "104", name => "/usr/bin/" + name, ["/bin/initdb", "-D", "a b"]));
        Assert.Equal(
            ["/sbin/runuser", "-u", "postgres", "--", "/bin/id"],
            UnprivilegedUser.CommandAs("postgres", "104", name => name == "runuser" ? "/sbin/runuser" : null, ["/bin/id"]));
        Assert.Equal(
            ["/usr/bin/sudo", "-n", "-E", "-u", "postgres", "--", "/bin/id"],
            UnprivilegedUser.CommandAs("postgres", "104", name => name == "sudo" ? "/usr/bin/sudo" : null, ["/bin/id"]));
        Assert.Throws<DeployException>(() => UnprivilegedUser.CommandAs("postgres", "104", _ => null, ["/bin/id"]));
    }

    [Fact]
    public void Servers_of_root_run_as_postgres_where_there_is_one_and_else_as_nobody()
    {
        const string root = "root:x:0:0:root:/root:/bin/bash";
        const string nobody = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin";

        Assert.Equal(new UnprivilegedUser("postgres", "104"), UnprivilegedUser.Choose([root, nobody, "postgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash"]));
        Assert.Equal(new UnprivilegedUser("nobody", "65534"), UnprivilegedUser.Choose([root, nobody]));
        Assert.Equal(ErrorTable.NoUnprivilegedUser, Assert.Throws<DeployException>(() => UnprivilegedUser.Choose([root])).Code);
    }

    private static ProcessRequest Shell(string script) => new("sh", ["-c", script]);

    /// <summary>A zombie, which waits for its parent to look, does not run any more.</summary>
    private static bool IsRunning(int pid)
    {
        string stat = $"/proc/{pid}/stat";
        return File.Exists(stat) && !File.ReadAllText(stat).Contains(") Z ", StringComparison.Ordinal);
    }
}
