using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Backups;

public sealed class BackupDrillerTests : IAsyncLifetime
{
    private BackedUpProject _project = null!;

    private string Drills => Path.Combine(_project.Environment.Project.StateFolder, "drills");

    public async ValueTask InitializeAsync() => _project = await BackedUpProject.CreateAsync();

    public ValueTask DisposeAsync() => _project.DisposeAsync();

    [Fact]
    public async Task A_good_backup_is_proven_and_nothing_of_the_drill_is_left()
    {
        await _project.Database.ExecuteAsync("drop table child, later"); // What happens to the live database does not matter.
        var sink = new CollectingSink();

        BackupDrill drill = await new BackupDriller(_project.Targets).RunAsync(_project.Backup, sink, CancellationToken.None);

        Assert.True(drill.Succeeded, drill.Message);
        Assert.Equal(
            ["files", "restore", "rows", "large objects", "migrations", "constraints", "indexes", "roles", "row security"],
            drill.Checks.Select(check => check.Name));
        Assert.Equal(_project.Backup.Rows, drill.Rows);
        Assert.Equal("all are valid, but for the 1 that were not valid at the backup", drill.Checks[5].Message);
        Assert.NotEqual("0 protected tables can be read as 'authenticated'", drill.Checks[8].Message);
        Assert.True(drill.Rto > TimeSpan.Zero && drill.Rpo > TimeSpan.Zero);
        Assert.True(_project.Store.Find("latest").IsProven);
        Assert.Empty(Directory.GetFileSystemEntries(Drills));
        Assert.Empty(sink.Events.OfType<Caution>());
    }

    [Fact]
    public async Task Where_a_gate_asks_for_drills_one_from_before_the_first_release_is_recorded_too()
    {
        var ledger = new Ledger(_project.Environment, _project.Database.Application);
        await new BackupDriller(_project.Targets).RunAsync(_project.Backup, NullProgressSink.Instance, CancellationToken.None);
        Assert.Empty(await ledger.GetEvidenceAsync(CancellationToken.None));
        DeploymentBackup guarded = _project.Backup with { Environment = _project.Environment with { Gates = new GateSettings { DrillWithin = TimeSpan.FromDays(1) } } };

        BackupDrill drill = await new BackupDriller(_project.Targets).RunAsync(guarded, NullProgressSink.Instance, CancellationToken.None);

        Assert.True(drill.Succeeded, drill.Message);
        Evidence evidence = Assert.Single(await ledger.GetEvidenceAsync(CancellationToken.None));
        Assert.Equal(("drill", "", true), (evidence.Kind, evidence.ReleaseId, evidence.IsPassed));
    }

    [Fact]
    public async Task The_recovery_point_is_the_age_of_the_snapshot()
    {
        var time = new FakeTimeProvider(_project.Backup.ConsistentAt + TimeSpan.FromHours(3));
        string toc = Path.Combine(_project.Backup.Path, "dump", "toc.dat");
        File.Delete(toc);

        var sink = new CollectingSink();

        BackupDrill drill = await new BackupDriller(_project.Targets, time).RunAsync(_project.Backup, sink, CancellationToken.None);

        Assert.Equal(TimeSpan.FromHours(3), drill.Rpo);
        Assert.Equal("files: 'dump/toc.dat' is missing", drill.Message);
        Assert.Empty(sink.Events.OfType<Caution>());

        await new BackupDriller(_project.Targets, time).RunAsync(
            _project.Backup with { Manifest = _project.Backup.Manifest with { Release = new string('a', 64) } }, sink, CancellationToken.None);
        Assert.Contains("knows no deployment of release 'aaaaaaaaaaaa', of which the backup is.", Assert.Single(sink.Events.OfType<Caution>()).Message, StringComparison.Ordinal);
        Assert.False(_project.Store.Find("latest").IsProven);
        Assert.False(Directory.Exists(Drills), "no cluster is started for files that are not what was written");
    }

    [Fact]
    public async Task A_backup_whose_content_is_not_what_its_manifest_says_fails_with_the_table_named()
    {
        DeploymentBackup wrong = _project.Backup with
        {
            Manifest = _project.Backup.Manifest with
            {
                Tables = [.. _project.Backup.Manifest.Tables.Select(table => table.Name == "child" ? table with { Rows = 7 } : table)],
                Migrations = ["1", "2"],
                Roles = ["nobody_knows"],
            },
        };

        BackupDrill drill = await new BackupDriller(_project.Targets).RunAsync(wrong, NullProgressSink.Instance, CancellationToken.None);

        Assert.False(drill.Succeeded);
        Assert.Equal("rows: 'public.child' has 2 instead of 7", drill.Message);
        Assert.Equal("'2' is missing; '20261101120000' was added", drill.Checks.Single(check => check.Name == "migrations").Message);
        Assert.Equal("'nobody_knows' is missing", drill.Checks.Single(check => check.Name == "roles").Message);
    }

    [Fact]
    public async Task A_dump_that_pg_restore_refuses_is_a_failed_drill()
    {
        string toc = Path.Combine(_project.Backup.Path, "dump", "toc.dat");
        await File.WriteAllBytesAsync(toc, (await File.ReadAllBytesAsync(toc))[..200]);
        DeploymentBackup truncated = _project.Backup with
        {
            Manifest = _project.Backup.Manifest with { Files = await BackupFiles.MeasureAsync(_project.Backup.Path, CancellationToken.None) },
        };

        BackupDrill drill = await new BackupDriller(_project.Targets).RunAsync(truncated, NullProgressSink.Instance, CancellationToken.None);

        Assert.StartsWith($"restore: Backup '{truncated.Id}' cannot be restored: pg_restore: error: ", drill.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Drills));
    }

    [Fact]
    public async Task A_drill_that_is_stopped_leaves_nothing()
    {
        using var stop = new CancellationTokenSource();
        var sink = new ReactingSink(
            deployEvent => deployEvent is ActivityProgress { Status: var status } && status.StartsWith("Restoring", StringComparison.Ordinal), stop.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new BackupDriller(_project.Targets).RunAsync(_project.Backup, sink, stop.Token));

        Assert.Empty(Directory.GetFileSystemEntries(Drills));
        Assert.Null(_project.Store.Find("latest").LastDrill);
    }

    [Fact]
    public async Task The_cluster_of_a_killed_drill_is_removed_by_the_next_one()
    {
        await _project.KillAsync("drill", "Verifying rows");
        string left = Assert.Single(Directory.GetDirectories(Drills));
        PostgresCluster cluster = PostgresCluster.At(left);
        Assert.True((await cluster.GetStateAsync(CancellationToken.None)).IsRunning);

        BackupDrill drill = await new BackupDriller(_project.Targets).RunAsync(_project.Backup, NullProgressSink.Instance, CancellationToken.None);

        Assert.True(drill.Succeeded, drill.Message);
        Assert.Empty(Directory.GetFileSystemEntries(Drills));
    }
}
