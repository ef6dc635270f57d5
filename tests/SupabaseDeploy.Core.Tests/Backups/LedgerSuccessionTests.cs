using SupabaseDeploy.Core.Tests;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>A restore leads out of a ledger that cannot be believed, and what goes on afterwards says so.</summary>
[Collection(ServerRoles.Collection)]
public sealed class LedgerSuccessionTests : IAsyncLifetime
{
    private const string Change =
        "alter table supabase_deploy.evidence disable trigger user; update supabase_deploy.evidence set passed = true where sequence = 1; alter table supabase_deploy.evidence enable trigger user";

    private BackedUpProject _project = null!;
    private Ledger _ledger = null!;

    public async ValueTask InitializeAsync()
    {
        _project = await BackedUpProject.CreateAsync();
        _ledger = new Ledger(_project.Environment, _project.Database.Application);
        await RecordAsync("first");
    }

    public ValueTask DisposeAsync() => _project.DisposeAsync();

    [Fact]
    public async Task The_ledger_of_a_backup_from_before_the_change_goes_on_and_the_changed_one_is_in_a_file()
    {
        DeploymentBackup whole = await _project.BackUpAsync(NullProgressSink.Instance);
        await RecordAsync("second");
        await _project.Database.ExecuteAsync(Change);
        Assert.NotNull(await _ledger.FindBreakAsync(default));

        Deployment restored = await RestoreAsync(whole);

        Assert.Equal((DeploymentStatus.Succeeded, null), (restored.Status, restored.Failure));
        Assert.Equal(["first"], (await _ledger.GetEvidenceAsync(default)).Select(fact => fact.Content));
        Deployment recorded = Assert.Single(await _ledger.GetDeploymentsAsync(default));
        Assert.Equal((DeploymentKind.Restore, DeploymentStatus.Succeeded), (recorded.Kind, recorded.Status));
        Assert.Equal(["build", "verify", "switch", "web", "health", "loss"], recorded.Steps.Select(step => step.Name));
        Assert.All(recorded.Steps, step => Assert.Equal(StepStatus.Succeeded, step.Status));
        string file = Assert.Single(Files());
        string[] told = [.. recorded.Events.Where(each => each.Kind == LedgerEvent.Caution).Select(each => each.Message)];
        Assert.Contains("row 1 does not follow", told[0], StringComparison.Ordinal);
        Assert.Contains(file, told[0], StringComparison.Ordinal);
        Assert.Equal($"The ledger of backup {whole.Id} goes on.", told[1]);
        Assert.Contains("second", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_backup_has_the_change_too_a_new_ledger_begins_that_says_so()
    {
        await _project.Database.ExecuteAsync(Change);
        DeploymentBackup changed = await _project.BackUpAsync(NullProgressSink.Instance);

        Deployment restored = await RestoreAsync(changed);

        Assert.Equal((DeploymentStatus.Succeeded, 1), (restored.Status, restored.Number));
        Assert.Empty(await _ledger.GetEvidenceAsync(default));
        Deployment recorded = Assert.Single(await _ledger.GetDeploymentsAsync(default));
        Assert.Equal(2, Files().Length);
        Assert.Contains(recorded.Events, each => each.Message.StartsWith("A new ledger begins, because the one in the backup does not go on either.", StringComparison.Ordinal));
        Assert.All(Files(), file => Assert.Contains(recorded.Events, each => each.Message.Contains(file, StringComparison.Ordinal)));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => _project.Database.ExecuteAsync("delete from supabase_deploy.events"));

        // Nothing that a later restore does takes it out of the ledger again.
        await RestoreAsync(changed);
        Assert.Equal(recorded.Events, (await _ledger.GetDeploymentsAsync(default))[0].Events);
    }

    [Fact]
    public async Task A_database_that_is_gone_comes_back_also_from_a_backup_whose_ledger_was_changed()
    {
        await _project.Database.ExecuteAsync(Change);
        DeploymentBackup changed = await _project.BackUpAsync(NullProgressSink.Instance);
        await using (Npgsql.NpgsqlConnection admin = await (_project.Database.Administration with { Database = "postgres" }).OpenAsync(default))
        {
            await new DatabaseContents(admin).ExecuteAsync($"drop database {_project.Live} with (force)", default);
        }

        Deployment restored = await RestoreAsync(changed);

        Assert.Equal(DeploymentStatus.Succeeded, restored.Status);
        Assert.StartsWith("A new ledger begins", Assert.Single(Assert.Single(await _ledger.GetDeploymentsAsync(default)).Events).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_that_fails_before_the_switch_leaves_the_changed_ledger_as_it_is()
    {
        await _project.Database.ExecuteAsync(Change);
        DeploymentBackup changed = await _project.BackUpAsync(NullProgressSink.Instance);
        DeploymentBackup wrong = changed with { Manifest = changed.Manifest with { LargeObjects = 5 } };

        await Assert.ThrowsAsync<DeployException>(() => RestoreAsync(wrong));

        Assert.Equal([_project.Live], await _project.DatabasesAsync());
        Assert.NotNull(await _ledger.FindBreakAsync(default));
        Assert.Empty(await _ledger.GetDeploymentsAsync(default));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task A_ledger_that_cannot_be_read_just_now_ends_the_restore_before_anything_is_lost()
    {
        await _project.Database.ExecuteAsync($"alter database {_project.Live} set lock_timeout = '100ms'");
        await using Npgsql.NpgsqlConnection other = await _project.Database.Application.OpenAsync(default);
        await using Npgsql.NpgsqlTransaction holding = await other.BeginTransactionAsync();
        await other.ExecuteAsync("lock table supabase_deploy.deployments in access exclusive mode", default);

        var e = await Assert.ThrowsAsync<DeployException>(() => RestoreAsync(_project.Backup));

        Assert.Equal(ErrorTable.RestoreFailed, e.Code);
        Assert.StartsWith("The ledger of 'production' cannot be read, so it could not go on in the restored database: ", e.Message, StringComparison.Ordinal);
        await holding.RollbackAsync();
        Assert.Equal([_project.Live], await _project.DatabasesAsync());
        Assert.Single(await _ledger.GetEvidenceAsync(default));

        // Read once more, it goes on.
        await using Npgsql.NpgsqlTransaction shortly = await other.BeginTransactionAsync();
        await other.ExecuteAsync("lock table supabase_deploy.deployments in access exclusive mode", default);
        var sink = new ReactingSink(told => told is Detail { Message: var message } && message.StartsWith("The ledger is read once more", StringComparison.Ordinal), shortly.Rollback);
        Assert.Equal(DeploymentStatus.Succeeded, (await _project.Restorer.RestoreAsync(_project.Backup, new DeploymentOptions(), sink, default)).Status);
        Assert.Equal("first", Assert.Single(await _ledger.GetEvidenceAsync(default)).Content);
    }

    [Fact]
    public async Task A_ledger_of_a_newer_module_is_not_given_up()
    {
        await _project.Database.ExecuteAsync("insert into supabase_deploy.schema_version (version) values (999)");

        var e = await Assert.ThrowsAsync<DeployException>(() => RestoreAsync(_project.Backup));

        Assert.Equal(ErrorTable.LedgerTooNew, e.Code);
        Assert.Equal([_project.Live], await _project.DatabasesAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Once_switched_a_restore_goes_through_whether_its_ledger_can_be_written_or_not(bool isChanged)
    {
        if (isChanged)
        {
            await _project.Database.ExecuteAsync(Change);
        }

        var sink = new OutageSink(_project.Database.Administration with { Database = "_supabase_deploy" }, _project.Live);
        Deployment restored = await _project.Restorer.RestoreAsync(_project.Backup, new DeploymentOptions(), sink, default);

        Assert.True(sink.IsOver);
        Assert.Equal((DeploymentStatus.Succeeded, null), (restored.Status, restored.Failure));
        Assert.Equal(DeploymentStatus.Succeeded, Assert.Single(await _ledger.GetDeploymentsAsync(default)).Status);
        Assert.Equal(2, (await _project.DatabasesAsync()).Count);
    }

    [Fact]
    public async Task Stopping_it_once_it_is_switched_changes_nothing_of_what_is_recorded()
    {
        await _project.Database.ExecuteAsync(Change);
        using var stop = new CancellationTokenSource();
        var sink = new ReactingSink(IsSwitch, stop.Cancel);

        Deployment restored = await _project.Restorer.RestoreAsync(_project.Backup, new DeploymentOptions(), sink, stop.Token);

        Assert.Equal(DeploymentStatus.Succeeded, restored.Status);
        Assert.All(Assert.Single(await _ledger.GetDeploymentsAsync(default)).Steps, step => Assert.Equal(StepStatus.Succeeded, step.Status));
    }

    private static bool IsSwitch(DeployEvent told) => told is Detail { Message: var message } && message.Contains("' is now '", StringComparison.Ordinal);

    /// <summary>From the switch until its health is measured the database takes no connections, and whoever is told of the switch fails.</summary>
    private sealed class OutageSink(DatabaseAddress maintenance, string database) : IProgressSink
    {
        private bool _isOut;

        public bool IsOver { get; private set; }

        public void Publish(DeployEvent deployEvent)
        {
            if (IsSwitch(deployEvent))
            {
                Allow(false);
                _isOut = true;
                throw new IOException("The answer was lost.");
            }

            if (_isOut && deployEvent is DeploymentStepStarted { Step: "health" })
            {
                Allow(true);
                IsOver = true;
            }
        }

        private void Allow(bool isAllowed)
        {
            using Npgsql.NpgsqlConnection connection = maintenance.OpenAsync(default).GetAwaiter().GetResult();
            connection.ExecuteAsync($"alter database {database} allow_connections {isAllowed}", default).GetAwaiter().GetResult();
        }
    }

    private string[] Files() => Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*-ledger.jsonl") : [];

    private string Folder => Path.Combine(_project.Environment.Project.StateFolder, "restores");

    private Task RecordAsync(string content) => _ledger.RecordEvidenceAsync(
        new NewEvidence(Evidence.Tests, new string('a', 64), false, content), TimeProvider.System.GetUtcNow(), default);

    private Task<Deployment> RestoreAsync(DeploymentBackup backup) =>
        _project.Restorer.RestoreAsync(backup, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None);
}
