using System.Management.Automation;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Migration;

/// <summary>Stages <c>tenant-00</c>, <c>tenant-01</c>, … of one <c>pipeline.yml</c>, each with a database of its own.</summary>
public sealed class MigrationFleetCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private ModuleSession _session = null!;
    private TestFleet _fleet = null!;

    public async ValueTask InitializeAsync()
    {
        _fleet = await TestFleet.CreateAsync(5);
        var stages = new List<string>();
        for (int index = 0; index < _fleet.Databases.Count; index++)
        {
            WriteSecret($"TENANT_{index:00}", _fleet.Databases[index].ToUrl());
            stages.Add($"  - name: tenant-{index:00}\n    target: kubernetes\n    database: ${{secret:TENANT_{index:00}}}\n");
        }

        _folder.Write("env/pipeline.yml", $"application: courses\nstages:\n{string.Concat(stages)}");
        _folder.Write("migrations/1_a.sql", "create table a (id int)");
        _session = new ModuleSession(_folder.Path);
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        _folder.Dispose();
        await _fleet.DisposeAsync();
    }

    [Theory]
    [InlineData("Get-Environment tenant-* | Invoke-Migration -ThrottleLimit 8 -Canary 1")]
    [InlineData("'tenant-00', 'tenant-0[1-4]', 'tenant-01' | Invoke-Migration")]
    public void Every_database_is_migrated_once_and_written_once(string command)
    {
        SessionResult result = _session.Run($"{command}; {command}");

        Assert.Null(result.Error);
        Assert.Equal(10, result.Output.Count);
        Assert.Equal(
            Enumerable.Range(0, 5).Select(index => $"tenant-0{index} Succeeded 1"),
            result.Output.Take(5).Select(Describe).Order(StringComparer.Ordinal));
        Assert.All(result.Output.Skip(5), run => Assert.Equal("NothingToDo", run.Properties["Status"].Value.ToString()));
    }

    [Fact]
    public async Task Failures_are_written_as_runs_and_end_the_script_with_one_error_that_names_them()
    {
        await _fleet.ExecuteAsync(1, "create table a (id int)");

        SessionResult result = _session.Run("$ErrorActionPreference = 'Stop'; Invoke-Migration tenant-*; 'not reached'");

        Assert.Equal(
            ["tenant-00 Succeeded 1", "tenant-01 Failed ", "tenant-02 NotStarted ", "tenant-03 NotStarted ", "tenant-04 NotStarted "],
            result.Output.Select(Describe));
        Assert.StartsWith("FleetNotMigrated,", result.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("1 of 5 databases failed, and 3 were not started.", result.Error?.ToString(), StringComparison.Ordinal);
        Assert.Contains("tenant-01: '1_a.sql' failed at line 1", result.Error?.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("tenant-01 failed: ", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_goes_on_as_far_as_MaxFailures_allows()
    {
        await _fleet.ExecuteAsync(0, "create table a (id int)");
        await _fleet.ExecuteAsync(3, "create table a (id int)");

        SessionResult result = _session.Run("Invoke-Migration tenant-* -MaxFailures 3 -ErrorAction SilentlyContinue; Invoke-Migration tenant-* -Canary 1 -MaxFailures 3 -ErrorAction SilentlyContinue");

        Assert.Equal(["Failed", "Succeeded", "Succeeded", "Failed", "Succeeded"], result.Output.Take(5).Select(run => run.Properties["Status"].Value.ToString()));
        Assert.Equal(["Failed", "NotStarted", "NotStarted", "NotStarted", "NotStarted"], result.Output.Skip(5).Select(run => run.Properties["Status"].Value.ToString()));
    }

    [Fact]
    public async Task WhatIf_shows_the_plan_of_each_database_and_touches_none()
    {
        Assert.Null(_session.Run("Invoke-Migration tenant-03").Error);

        string screen = _session.Show("Invoke-Migration tenant-* -ThrottleLimit 3 -WhatIf");

        string[] lines = [.. screen.Split('\n').Where(line => line.StartsWith("What if", StringComparison.Ordinal))];
        Assert.Equal(5, lines.Length);
        Assert.Contains("\"Apply 1_a.sql\" on target \"tenant-00 (127.0.0.1:", lines[0], StringComparison.Ordinal);
        Assert.Contains("none is pending\" on target \"tenant-03 ", lines[3], StringComparison.Ordinal);
        Assert.Equal(false, await _fleet.ExecuteAsync(4, "select to_regclass('a') is not null"));
    }

    [Fact]
    public void WhatIf_names_every_database_that_could_not_be_migrated()
    {
        WriteSecret("TENANT_01", "postgresql://nobody@127.0.0.1:1/one");
        WriteSecret("TENANT_03", "postgresql://nobody@127.0.0.1:1/three");

        SessionResult result = _session.Run("Invoke-Migration tenant-* -WhatIf");

        Assert.Equal(2, result.Warnings.Count);
        Assert.StartsWith("tenant-03 (127.0.0.1:1) cannot be migrated: Cannot connect", result.Warnings[1], StringComparison.Ordinal);
        Assert.Contains("2 of 5 databases cannot be migrated as they are: tenant-01, tenant-03.", result.Error?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Databases_given_by_their_URLs_are_a_fleet_and_no_password_is_seen()
    {
        string urls = string.Join("', '", _fleet.Databases.Take(3).Append(_fleet.Databases[0]).Select(database => database.ToUrl()));

        SessionResult result = _session.Run($"Invoke-Migration -DatabaseUrl '{urls}' -Path '{_folder.Path}' -ThrottleLimit 2 -Verbose");

        Assert.Null(result.Error);
        Assert.Equal(_fleet.Databases.Take(3).Select(database => database.Database).Order(), result.Output.Select(run => run.Properties["Environment"].Value.ToString()!).Order());
        string password = _fleet.Databases[0].Password!.Reveal();
        Assert.DoesNotContain(password, string.Concat(result.Output.Concat<object>(result.Verbose).Concat(result.Information)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_downstream_command_that_ends_early_stops_those_that_have_not_begun()
    {
        SessionResult result = _session.Run("foreach ($run in 1) { Invoke-Migration tenant-* | ForEach-Object { $_; break } }");

        Assert.Equal("tenant-00 Succeeded 1", Describe(Assert.Single(result.Output)));
        Assert.Null(result.Error);
        Assert.Equal(0L, await _fleet.ExecuteAsync(0, "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"));
        Assert.Null(await Deployments.DeploymentLock.FindOwnerAsync(_fleet.Databases[1], default));
        Assert.Equal(false, await _fleet.ExecuteAsync(4, "select to_regclass('a') is not null"));
    }

    [Fact]
    public async Task Stopping_the_pipeline_rolls_back_every_database_at_work_before_it_ends()
    {
        _folder.Write("migrations/2_long.sql", "create table b (id int); select pg_sleep(600);");
        string sleepers = $"select count(*) from pg_stat_activity where datname like '{_fleet.Databases[0].Database[..^2]}%' and query like '%pg_sleep(600)%' and state = 'active' and pid <> pg_backend_pid()";
        using PowerShell shell = PowerShell.Create(_session.Runspace);
        shell.AddScript("Get-Environment tenant-* | Invoke-Migration -ThrottleLimit 3");
        IAsyncResult running = shell.BeginInvoke();
        await Wait.UntilAsync(async () => await _fleet.ExecuteAsync(4, sleepers) is 3L);

        shell.Stop();

        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        Assert.Equal(0L, await _fleet.ExecuteAsync(4, sleepers));
        Assert.Equal(false, await _fleet.ExecuteAsync(0, "select to_regclass('b') is not null"));
        Assert.Null(await Deployments.DeploymentLock.FindOwnerAsync(_fleet.Databases[0], default));
    }

    [Fact]
    public async Task The_migrations_of_many_databases_are_read_at_once_and_written_in_order()
    {
        Assert.Null(_session.Run("Invoke-Migration tenant-02").Error);
        _folder.Write("migrations/2_b.sql", "select 1");

        SessionResult result = _session.Run("Get-Environment tenant-* | Get-Migration -ThrottleLimit 3");

        Assert.Null(result.Error);
        Assert.Equal(
            Enumerable.Range(0, 10).Select(index => $"tenant-0{index / 2} {index % 2 + 1} {(index == 4 ? "Applied" : "Pending")}"),
            result.Output.Select(row => $"{row.Properties["Environment"].Value} {row.Properties["Version"].Value} {row.Properties["State"].Value}"));
        Assert.Equal(false, await _fleet.ExecuteAsync(0, "select to_regnamespace('supabase_migrations') is not null"));
    }

    [Fact]
    public void The_table_shows_how_each_database_ended()
    {
        string screen = _session.Show("Invoke-Migration tenant-*");

        Assert.Matches(@"Environment\s+Status\s+Applied\s+Undone\s+Total\s+Version\s+Duration\s+Database", screen);
        Assert.Matches(@"tenant-04\s+Succeeded\s+1\s+0\s+1\s+1\s", screen);
    }

    private void WriteSecret(string name, string value)
    {
        string path = _folder.Write($".supabase-deploy/secrets/{name}", value);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static string Describe(PSObject run) => $"{run.Properties["Environment"].Value} {run.Properties["Status"].Value} {run.Properties["Version"].Value}";
}
