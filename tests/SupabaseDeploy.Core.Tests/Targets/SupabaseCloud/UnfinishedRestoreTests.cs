using System.Text.Json;
using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>The process that asked the platform for a restore is killed, as by kill -9: the rows that only the replaced database had are not lost.</summary>
public sealed class UnfinishedRestoreTests : IAsyncLifetime
{
    private const int Killed = 128 + 9;

    private CloudApplication _application = null!;
    private Release _first = null!;
    private Release _second = null!;
    private string _point = "";

    private string KeptFile => Path.Combine(_application.Project.StateFolder, "restores", "staging.json");

    private UnfinishedRestores Unfinished => new(_application.Targets, _application.Time);

    public async ValueTask InitializeAsync()
    {
        _application = await CloudApplication.CreateAsync("backup: { before: true }");
        _application.WriteMigration(1);
        _first = await _application.ReleaseAsync();
        await _application.PublishAsync(_first);
        _application.WriteMigration(2, hasDownScript: false);
        _second = await _application.ReleaseAsync();
        Deployment second = await _application.PublishAsync(_second);
        _point = RestorePointStep.Of(second)!;
        _application.Staging.OnRestore = _ => GoBackAsync();
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task Killed_while_the_platform_restores_the_next_publish_brings_the_ledger_back_first()
    {
        await KillAsync("The project of 'staging' is RESTORING.");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeptFile));
        using (var kept = JsonDocument.Parse(await File.ReadAllBytesAsync(KeptFile)))
        {
            Assert.Equal(["format", "project", "point", "deployment", "askedAt", "reason", "pointAt", "rows", "tables"], Names(kept.RootElement));
            Assert.Equal(["schema", "name", "rows"], Names(kept.RootElement.GetProperty("rows")[0]));
            Assert.Equal(["name", "columns", "rows"], Names(kept.RootElement.GetProperty("tables")[0]));
        }

        Assert.Contains(KeptFile, UnfinishedRestores.Describe(_application.Environment), StringComparison.Ordinal);
        await BecomeActiveAsync();

        Deployment next = await _application.PublishAsync(_first);

        Assert.Equal((DeploymentStatus.Succeeded, false), (next.Status, next.Changed)); // The ledger says that this release runs.
        Assert.Equal(["1 Publish Succeeded", "2 Publish Succeeded", "3 Restore Succeeded"], await LedgerAsync());
        Deployment restore = (await ReadAsync())[2];
        Assert.Equal(("rehearsed", true, _first.Id), (restore.Reason, restore.Changed, restore.Release?.Id));
        Assert.StartsWith($"Back at restore point {_point}: 1 migrations are in the history", Assert.Single(restore.Steps).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(KeptFile));
        Assert.NotEmpty(await new Ledger(_application.Environment, _application.Database.Application).GetEvidenceAsync(default)); // The chain holds.
    }

    [Fact]
    public async Task Killed_while_a_ledger_that_cannot_be_believed_is_left_the_next_publish_begins_another()
    {
        await _application.Database.ExecuteAsync(
            "alter table supabase_deploy.evidence disable trigger user; update supabase_deploy.evidence set passed = not passed where sequence = 1; alter table supabase_deploy.evidence enable trigger user");
        await KillAsync("The project of 'staging' is RESTORING.");
        await BecomeActiveAsync();

        Deployment next = await _application.PublishAsync(_first);

        Assert.Equal((DeploymentStatus.Succeeded, false), (next.Status, next.Changed));
        Deployment restore = (await ReadAsync())[0];
        Assert.Equal((DeploymentKind.Restore, DeploymentStatus.Succeeded, _first.Id), (restore.Kind, restore.Status, restore.Release?.Id));
        Assert.Equal([LedgerEvent.Caution, LedgerEvent.Caution, LedgerEvent.Loss], restore.Events.Select(each => each.Kind));
        Assert.False(File.Exists(KeptFile));
    }

    [Fact]
    public async Task Two_that_come_at_once_bring_it_back_once()
    {
        await KillAsync("The project of 'staging' is RESTORING.");
        await BecomeActiveAsync();

        Deployment?[] settled = await Task.WhenAll(
            Enumerable.Range(0, 2).Select(_ => Unfinished.SettleAsync(_application.Environment, TimeSpan.FromMinutes(1), _application.Sink, default)));

        Assert.Single(settled.OfType<Deployment>());
        Assert.Equal(["1 Publish Succeeded", "2 Publish Succeeded", "3 Restore Succeeded"], await LedgerAsync());
    }

    [Fact]
    public async Task Whoever_asked_and_is_slower_finds_the_restore_recorded()
    {
        var faster = new HookedSink(_application.Sink, "The project of 'staging' is RESTORING.", async () =>
        {
            await BecomeActiveAsync();
            await Unfinished.SettleAsync(_application.Environment, TimeSpan.FromMinutes(1), _application.Sink, default);
        });
        var restorer = new RestorePointRestorer(_application.Targets, _application.Time);
        RestorePoint point = await restorer.FindAsync(_application.Environment, _point, default);

        Deployment restored = await restorer.RestoreAsync(_application.Environment, point, new DeploymentOptions(), faster, default);

        Assert.Equal(DeploymentStatus.Succeeded, restored.Status);
        Assert.Equal(["1 Publish Succeeded", "2 Publish Succeeded", "3 Restore Succeeded"], await LedgerAsync());
    }

    [Fact]
    public async Task Killed_again_after_the_rows_came_back_it_is_ended_by_the_next()
    {
        await KillAsync("The project of 'staging' is RESTORING.");
        await BecomeActiveAsync();
        KeptLedger kept = (await new KeptLedgerFile(_application.Environment).ReadAsync(default))!;
        await Ledger.BringBackAsync(kept.Image, _application.Database.Application, default);
        Assert.Equal("3 Restore Running", (await LedgerAsync())[^1]);

        await Unfinished.SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default);
        Assert.Equal("3 Restore Succeeded", (await LedgerAsync())[^1]);
        Assert.Null(await Unfinished.SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default));
    }

    [Fact]
    public async Task Killed_before_the_platform_was_asked_nobody_publishes_until_it_is_certain_that_it_does_not_begin()
    {
        await KillAsync("The platform brings the database of 'staging' back");

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync(_second));
        Assert.Equal(ErrorTable.RestoreUnderWay, refused.Code);
        Assert.Contains("then run the command again", refused.Remedy, StringComparison.Ordinal);

        UnfinishedRestores unfinished = await LaterAsync();
        _application.Staging.Status = "ACTIVE_UNHEALTHY";
        refused = await Assert.ThrowsAsync<DeployException>(() => unfinished.SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default));
        Assert.Equal(ErrorTable.RestoreUnderWay, refused.Code);
        Assert.EndsWith("is at work on its project.", refused.Message, StringComparison.Ordinal);
        Assert.Equal("3 Restore Running", (await LedgerAsync())[^1]);

        _application.Staging.Status = "ACTIVE_HEALTHY";
        Deployment? settled = await unfinished.SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default);
        Assert.Equal(DeploymentStatus.Failed, settled?.Status);
        Assert.Equal(["1 Publish Succeeded", "2 Publish Succeeded", "3 Restore Failed"], await LedgerAsync());

        // The platform begins all the same: the only copy of the ledger is still there.
        string aside = Assert.Single(Directory.GetFiles(Path.GetDirectoryName(KeptFile)!));
        Assert.NotEqual(KeptFile, aside);
        Assert.Contains(_application.Sink.Events.OfType<Caution>(), caution => caution.Message.Contains($"move '{aside}' to '{KeptFile}'", StringComparison.Ordinal));
        await GoBackAsync();
        File.Move(aside, KeptFile);
        Assert.Equal(DeploymentStatus.Succeeded, (await unfinished.SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default))?.Status);
        Assert.Equal(["1 Publish Succeeded", "2 Publish Succeeded", "3 Restore Succeeded"], await LedgerAsync());
    }

    [Fact]
    public async Task Killed_after_it_was_asked_nobody_goes_on_from_a_machine_without_the_file_until_it_is_certain_that_it_does_not_begin()
    {
        await KillAsync("The platform brings the database of 'staging' back");
        string elsewhere = KeptFile + ".elsewhere";
        File.Move(KeptFile, elsewhere);

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync(_second));
        Assert.Equal(ErrorTable.RestoreUnderWay, refused.Code);
        Assert.Contains("may still begin with it", refused.Message, StringComparison.Ordinal);

        UnfinishedRestores unfinished = await LaterAsync();
        _application.Staging.Status = "ACTIVE_UNHEALTHY";
        refused = await Assert.ThrowsAsync<DeployException>(() => unfinished.SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default));
        Assert.EndsWith("is at work on its project.", refused.Message, StringComparison.Ordinal);

        _application.Staging.Status = "ACTIVE_HEALTHY";
        Deployment? settled = await unfinished.SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default);
        Assert.Equal(DeploymentStatus.Failed, settled?.Status);
        Assert.Null(await unfinished.SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default));
        var ledger = new Ledger(_application.Environment, _application.Database.Application);
        await ledger.RecordEvidenceAsync("tests", _second, true, "{}", _application.Time.GetUtcNow(), default); // It is open again.

        // The machine that asked finds it ended.
        File.Move(elsewhere, KeptFile);
        Assert.Equal(DeploymentStatus.Failed, (await unfinished.SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default))?.Status);
        Assert.False(File.Exists(KeptFile));
        Assert.Equal(["1 Publish Succeeded", "2 Publish Succeeded", "3 Restore Failed"], await LedgerAsync());
    }

    [Fact]
    public async Task A_ledger_that_went_on_elsewhere_is_not_replaced()
    {
        await KillAsync("The project of 'staging' is RESTORING.");
        await BecomeActiveAsync();
        string aside = KeptFile + ".aside";
        File.Move(KeptFile, aside);
        await _application.PublishAsync(_first); // From a machine without the file.
        File.Move(aside, KeptFile);

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync(_first));

        Assert.Equal(ErrorTable.LedgerWentOn, refused.Code);
        Assert.Contains(KeptFile, refused.Message, StringComparison.Ordinal);
        Assert.Equal(["1 Publish Succeeded"], await LedgerAsync());
    }

    [Fact]
    public async Task An_approval_that_was_given_elsewhere_meanwhile_is_not_lost()
    {
        await KillAsync("The project of 'staging' is RESTORING.");
        await BecomeActiveAsync();
        var ledger = new Ledger(_application.Environment, _application.Database.Application);
        await ledger.RecordEvidenceAsync("approval", _second, true, "{}", _application.Time.GetUtcNow(), default);

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync(_first));

        Assert.Equal(ErrorTable.LedgerWentOn, refused.Code);
        Assert.Contains("holds evidence 'approval' of ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("approval", Assert.Single(await ledger.GetEvidenceAsync(default)).Kind);
        Assert.True(File.Exists(KeptFile));
    }

    [Fact]
    public async Task Another_project_of_the_stage_is_not_given_the_ledger()
    {
        await KillAsync("The project of 'staging' is RESTORING.");
        string reference = _application.Environment.ProjectReference!;
        DeploymentEnvironment other = _application.Environment with { ProjectReference = "abcdefghijklmnopqrst" };

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => Unfinished.SettleUnderLockAsync(other, _application.Sink, default));

        Assert.Equal(ErrorTable.KeptLedgerOfAnother, refused.Code);
        Assert.Contains($"is of project '{reference}'", refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(KeptFile));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{ "format": 9 }""")]
    [InlineData("[]")]
    public async Task A_file_that_cannot_be_read_is_named(string content)
    {
        _application.Write(Path.GetRelativePath(_application.Project.Root, KeptFile), content);
        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync(_second));
        Assert.Equal(ErrorTable.KeptLedgerUnreadable, refused.Code);
        Assert.Contains(KeptFile, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_that_the_platform_does_not_finish_names_the_file_with_the_ledger()
    {
        _application.Staging.OnRestore = async _ =>
        {
            await GoBackAsync();
            _application.Staging.Fail();
        };
        var restorer = new RestorePointRestorer(_application.Targets, _application.Time);
        RestorePoint point = await restorer.FindAsync(_application.Environment, _point, default);
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => restorer.RestoreAsync(_application.Environment, point, new DeploymentOptions(), _application.Sink, default));
        Assert.Equal(ErrorTable.CloudRestoreFailed, failure.Code);
        Assert.Contains(KeptFile, failure.Remedy, StringComparison.Ordinal);
        Assert.True(File.Exists(KeptFile));
    }

    private async Task KillAsync(string at)
    {
        ProcessResult result = await ChildProcess.RunAsync(
            new ProcessRequest("dotnet", [Repository.KilledProcess, "restorepoint", _application.Project.Root, at, _point]), default);
        Assert.True(result.ExitCode == Killed, $"{result.ExitCode} {result.Error}");
        Assert.True(File.Exists(KeptFile));
    }

    /// <summary>Three minutes from now: the platform does not begin any more.</summary>
    private async Task<UnfinishedRestores> LaterAsync()
    {
        var later = new SkippingTime();
        await later.CreateTimer(_ => { }, null, TimeSpan.FromMinutes(3), Timeout.InfiniteTimeSpan).DisposeAsync();
        return new UnfinishedRestores(_application.Targets, later);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    /// <summary>The platform is asked until it is at work again.</summary>
    private async Task BecomeActiveAsync()
    {
        IDeploymentTargets asking = new DeploymentTargets(_application.Time);
        await Wait.UntilAsync(async () =>
        {
            try
            {
                await asking.For(_application.Environment).GetDatabaseAsync(default);
                return true;
            }
            catch (DeployException e) when (e.Code == ErrorTable.ProjectNotActive)
            {
                return false;
            }
        });
    }

    private Task<IReadOnlyList<Deployment>> ReadAsync() => new Ledger(_application.Environment, _application.Database.Application).GetDeploymentsAsync(default);

    private async Task<string[]> LedgerAsync() => [.. (await ReadAsync()).Select(each => $"{each.Number} {each.Kind} {each.Status}")];

    /// <summary>What the platform does, where the lock is held in the maintenance database.</summary>
    private async Task GoBackAsync()
    {
        await using NpgsqlConnection locks = await (_application.Database.Administration with { Database = "_supabase_deploy" }).OpenAsync(default);
        await using var end = new NpgsqlCommand("select pg_terminate_backend(backend_pid, 10000) from supabase_deploy.lock_owner where database = $1", locks);
        end.Parameters.AddWithValue(_application.Database.Application.Database);
        await end.ExecuteNonQueryAsync();
        await _application.GoBackAsync();
    }

    private sealed class HookedSink(IProgressSink inner, string at, Func<Task> hook) : IProgressSink
    {
        private bool _isDone;

        public void Publish(DeployEvent deployEvent)
        {
            inner.Publish(deployEvent);
            if (!_isDone && deployEvent is Detail detail && detail.Message == at)
            {
                _isDone = true;
                hook().GetAwaiter().GetResult();
            }
        }
    }
}
