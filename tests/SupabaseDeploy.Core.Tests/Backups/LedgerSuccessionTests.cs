using SupabaseDeploy.Core.Tests;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

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

    private string[] Files() => Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*-ledger.jsonl") : [];

    private string Folder => Path.Combine(_project.Environment.Project.StateFolder, "restores");

    private Task RecordAsync(string content) => _ledger.RecordEvidenceAsync(
        new NewEvidence(Evidence.Tests, new string('a', 64), false, content), TimeProvider.System.GetUtcNow(), default);

    private Task<Deployment> RestoreAsync(DeploymentBackup backup) =>
        _project.Restorer.RestoreAsync(backup, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None);
}
