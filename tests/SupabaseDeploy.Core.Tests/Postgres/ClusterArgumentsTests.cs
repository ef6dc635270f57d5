namespace SupabaseDeploy.Postgres;

public sealed class ClusterArgumentsTests
{
    [Fact]
    public void Initdb_makes_a_cluster_of_supabase_admin_with_passwords() =>
        Assert.Equal(
            [
                "--pgdata=data", "--username=supabase_admin", "--pwfile=log/password", "--auth=scram-sha-256", "--encoding=UTF8",
                "--locale=C.UTF-8", "--no-sync",
            ],
            PostgresServer.InitializeArguments("data", "log/password", hasUnicodeLocale: true));

    [Fact]
    public void Pg_ctl_gets_no_path_that_its_shell_could_misread() =>
        Assert.Equal(
            ["start", "-D", "data", "-w", "-t", "60", "-l", "log/server.log", "-s"],
            PostgresServer.StartArguments(TimeSpan.FromMinutes(1)));

    [Fact]
    public void Pg_ctl_only_asks_for_a_stop_as_it_waits_in_steps_longer_than_a_stop_takes() =>
        Assert.Equal(["stop", "-D", "data", "-W", "-m", "fast", "-s"], PostgresServer.StopArguments("fast"));

    [Fact]
    public async Task A_program_that_outlives_us_keeps_no_descriptor_of_a_script_around_us()
    {
        var request = new ProcessRequest("/bin/sh", ["-c", "for number in 3 4 5 6 7 8 9; do if [ -e /proc/$$/fd/$number ]; then echo $number; fi; done"]);
        ProcessRequest without = InheritedDescriptors.Without(request);
        ProcessRequest Inheriting(ProcessRequest inner) => new("/bin/sh", ["-c", "exec 3</dev/null 9</dev/null; exec \"$@\"", "sh", inner.FileName, .. inner.Arguments]);

        Assert.Equal("3\n9\n", (await ChildProcess.RunAsync(Inheriting(request), CancellationToken.None)).Output);
        Assert.Equal("", (await ChildProcess.RunAsync(Inheriting(without), CancellationToken.None)).EnsureSuccess(without).Output);
    }

    [Fact]
    public void A_durable_server_flushes_and_a_throw_away_one_does_not()
    {
        string durable = ServerSettings.Text(20000, isThrowAway: false, []);
        string throwAway = ServerSettings.Text(20000, isThrowAway: true, []);

        Assert.Equal("on on", Durability(durable));
        Assert.Equal("off off", Durability(throwAway));

        static string Durability(string text) => string.Join(' ', ((string[])["fsync", "full_page_writes"])
            .Select(name => text.Split('\n').Single(line => line.StartsWith(name + " = ", StringComparison.Ordinal))[(name.Length + 3)..]));
    }
}
