using System.Collections.Concurrent;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations.Fleet;

public sealed class MigrationFleetTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CollectingSink _sink = new();
    private readonly ConcurrentQueue<MigrationRun> _runs = new();
    private TestFleet? _fleet;

    public MigrationFleetTests()
    {
        _folder.Write("1_a.sql", "create table a (id int)");
        _folder.Write("2_b.sql", "create table b (id int)");
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        if (_fleet is not null)
        {
            await _fleet.DisposeAsync();
        }
    }

    [Fact]
    public async Task Thirty_databases_are_migrated_the_broken_one_is_reported_and_a_second_run_goes_on_with_it()
    {
        _fleet = await TestFleet.CreateAsync(30);
        await _fleet.ExecuteAsync(17, "create table b (id int)");
        var options = new FleetOptions { ThrottleLimit = 4, Canary = 1, MaxFailures = 2 };

        IReadOnlyList<MigrationRun> unsuccessful = await RunAsync(options);

        Assert.Equal(30, _runs.Count);
        Assert.Equal(_fleet.Databases[0].Database, _runs.First().Environment.Name);
        MigrationRun failed = Assert.Single(unsuccessful);
        Assert.Equal((_fleet.Databases[17].Database, MigrationRunStatus.Failed, "1", 1), (failed.Environment.Name, failed.Status, failed.Version, failed.Total));
        Assert.Equal(["1"], failed.Applied.Select(migration => migration.Version));
        Assert.Equal(ErrorTable.MigrationFailed, failed.Failure?.Code);
        Assert.Contains("2_b.sql", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(29, _runs.Count(run => run is { Status: MigrationRunStatus.Succeeded, Version: "2", Total: 2 }));
        string[] bars = [.. _sink.Events.OfType<ActivityCompleted>().Select(bar => bar.Activity)];
        Assert.Equal(
            ["Migrate 30 databases: canary", "Migrate 30 databases: wave 1 of 4", "Migrate 30 databases: wave 2 of 4", "Migrate 30 databases: wave 3 of 4", "Migrate 30 databases: wave 4 of 4"],
            bars);
        Assert.Equal(bars.Order(), _sink.Events.OfType<ActivityProgress>().Select(bar => bar.Activity).Distinct().Order());
        Assert.Contains(_sink.Events.OfType<ActivityProgress>(), bar => bar is { Percent: 100 } && bar.Operation!.StartsWith("15 done, 1 failed, 0 left", StringComparison.Ordinal));

        await _fleet.ExecuteAsync(17, "drop table b");
        _runs.Clear();
        Assert.Empty(await RunAsync(options));
        Assert.Equal(29, _runs.Count(run => run is { Status: MigrationRunStatus.NothingToDo, Changed: false, Version: "2" }));
        MigrationRun mended = Assert.Single(_runs, run => run.Changed);
        Assert.Equal((failed.Environment.Name, "2"), (mended.Environment.Name, Assert.Single(mended.Applied).Version));
    }

    [Fact]
    public async Task A_canary_that_fails_stops_everything_whatever_number_of_failures_is_allowed()
    {
        _fleet = await TestFleet.CreateAsync(6);
        await _fleet.ExecuteAsync(1, "create table a (id int)");

        IReadOnlyList<MigrationRun> unsuccessful = await RunAsync(new FleetOptions { ThrottleLimit = 2, Canary = 2, MaxFailures = 100 });

        Assert.Equal(5, unsuccessful.Count);
        Assert.Equal("Succeeded Failed NotStarted NotStarted NotStarted NotStarted", string.Join(' ', InOrder().Select(run => run.Status)));
        MigrationRun last = InOrder()[^1];
        Assert.Equal("Not started: 1 database failed before its turn.", last.Reason);
        Assert.Equal(_fleet.Databases[5].Database, last.Database!.Split('/')[1]);
        Assert.Null(last.Total);
        Assert.Equal(false, await _fleet.ExecuteAsync(5, "select to_regclass('a') is not null"));
    }

    [Fact]
    public async Task Nothing_is_begun_after_so_many_failures()
    {
        _fleet = await TestFleet.CreateAsync(6);
        await _fleet.ExecuteAsync(0, "create table a (id int)");
        await _fleet.ExecuteAsync(2, "create table a (id int)");

        await RunAsync(new FleetOptions { MaxFailures = 2 });

        Assert.Equal("Failed Succeeded Failed NotStarted NotStarted NotStarted", string.Join(' ', InOrder().Select(run => run.Status)));
    }

    [Fact]
    public async Task A_database_that_cannot_be_reached_is_one_failure_of_many()
    {
        _fleet = await TestFleet.CreateAsync(2);
        DeploymentEnvironment[] environments = [.. _fleet.Environments(_folder.Path)];
        environments[0] = DeploymentEnvironment.ForDatabase(_fleet.Databases[0] with { Database = "fleet_nowhere" }, _folder.Path);

        MigrationRun failed = Assert.Single(await RunAsync(new FleetOptions { MaxFailures = 2 }, environments));

        Assert.Equal((ErrorTable.DatabaseUnreachable, null, null), (failed.Failure?.Code, failed.Version, failed.Total));
        Assert.Contains(_sink.Events.OfType<Caution>(), caution => caution.Message.StartsWith("fleet_nowhere failed: ", StringComparison.Ordinal));
        Assert.Equal(2, _runs.Count);
    }

    [Fact]
    public async Task Only_those_that_were_agreed_to_are_migrated_and_each_wave_is_asked_about_when_its_turn_comes()
    {
        _fleet = await TestFleet.CreateAsync(4);
        var asked = new List<string>();

        await RunAsync(new FleetOptions(), agree: target =>
        {
            asked.Add($"{target.Environment.Name[^2..]} after {_runs.Count}");
            return Task.FromResult(!target.Environment.Name.EndsWith("02", StringComparison.Ordinal));
        });

        Assert.Equal(["00 after 0", "01 after 1", "02 after 1", "03 after 2"], asked);
        Assert.Equal(["00", "01", "03"], InOrder().Select(run => run.Environment.Name[^2..]));
    }

    [Fact]
    public async Task A_stop_in_the_middle_rolls_back_every_database_at_work_and_frees_its_lock()
    {
        const string Sleepers = "select count(*) from pg_stat_activity where datname like $name$ and query like '%pg_sleep(600)%' and state = 'active' and pid <> pg_backend_pid()";
        _folder.Write("3_long.sql", "create table c (id int);\nselect pg_sleep(600);");
        _fleet = await TestFleet.CreateAsync(5);
        string sleepers = Sleepers.Replace("$name$", $"'{_fleet.Databases[0].Database[..^2]}%'", StringComparison.Ordinal);
        using var cancellation = new CancellationTokenSource();
        Task<IReadOnlyList<MigrationRun>> run = RunAsync(new FleetOptions { ThrottleLimit = 3 }, cancellationToken: cancellation.Token);
        await Wait.UntilAsync(async () => await _fleet.ExecuteAsync(4, sleepers) is 3L);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(0L, await _fleet.ExecuteAsync(4, sleepers));
        for (int index = 0; index < 3; index++)
        {
            Assert.Null(await DeploymentLock.FindOwnerAsync(_fleet.Databases[index], default));
            Assert.Equal("2", await _fleet.ExecuteAsync(index, "select max(version) from supabase_migrations.schema_migrations"));
            Assert.Equal(false, await _fleet.ExecuteAsync(index, "select to_regclass('c') is not null"));
        }

        Assert.Equal(false, await _fleet.ExecuteAsync(4, "select to_regclass('a') is not null"));
        Assert.Empty(_runs);
    }

    private async Task<IReadOnlyList<MigrationRun>> RunAsync(
        FleetOptions options,
        IReadOnlyList<DeploymentEnvironment>? environments = null,
        Func<IDeploymentTarget, Task<bool>>? agree = null,
        CancellationToken cancellationToken = default)
    {
        var fleet = new MigrationFleet(options, (target, database) => new MigrationRequest
        {
            Environment = target.Environment,
            Database = database,
            Folder = _folder.Path,
        });
        IDeploymentTarget[] targets = [.. (environments ?? _fleet!.Environments(_folder.Path)).Select(new DeploymentTargets().ForDatabase)];
        return await fleet.RunAsync(targets, agree ?? (_ => Task.FromResult(true)), _runs.Enqueue, _sink, cancellationToken);
    }

    private MigrationRun[] InOrder() => [.. _runs.OrderBy(run => run.Environment.Name, StringComparer.Ordinal)];
}
