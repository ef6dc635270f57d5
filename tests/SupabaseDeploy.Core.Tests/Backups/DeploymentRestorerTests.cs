using SupabaseDeploy.Core.Tests;
using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Backups;

[Collection(ServerRoles.Collection)]
public sealed class DeploymentRestorerTests : IAsyncLifetime
{
    private BackedUpProject _project = null!;

    private TestDatabase Database => _project.Database;

    public async ValueTask InitializeAsync() => _project = await BackedUpProject.CreateAsync();

    public ValueTask DisposeAsync() => _project.DisposeAsync();

    [Fact]
    public async Task Everything_comes_back_and_the_replaced_database_is_kept()
    {
        string before = await _project.DescribeAsync();
        await MakeMistakeAsync();

        Deployment deployment = await RestoreAsync();

        Assert.Equal(before, await _project.DescribeAsync());
        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Assert.Equal(DeploymentKind.Restore, deployment.Kind);
        Assert.True(deployment.Changed);
        Assert.Equal(["build", "verify", "switch", "web", "health", "loss"], deployment.Steps.Select(step => step.Name));
        Assert.All(deployment.Steps, step => Assert.Equal(StepStatus.Succeeded, step.Status));
        IReadOnlyList<string> databases = await _project.DatabasesAsync();
        Assert.Equal(_project.Live, databases[0]);
        Assert.StartsWith($"{_project.Live}_before_", Assert.Single(databases.Skip(1)), StringComparison.Ordinal);
        Assert.Contains(databases[1], deployment.Reason, StringComparison.Ordinal);
        var closed = await Assert.ThrowsAsync<DeployException>(() => (Database.Administration with { Database = databases[1] }).OpenAsync(CancellationToken.None));
        Assert.Contains("not currently accepting connections", closed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_going_back_has_cost_is_counted_after_it_in_what_was_replaced()
    {
        await Database.ExecuteAsync("insert into child (parent) values (1), (1), (2); delete from auth.users");

        Deployment deployment = await RestoreAsync();

        string replaced = (await _project.DatabasesAsync())[1];
        LedgerEvent loss = Assert.Single(deployment.Events);
        Assert.Matches($@"^3 rows are lost \(public\.child 5 → 2\), and every other change of the \d+ \w+ since .*Z\. All of it is still in database '{replaced}'\.$", loss.Message);
        Assert.StartsWith("3 rows are lost (public.child 5 → 2)", deployment.Steps.Single(step => step.Name == "loss").Message, StringComparison.Ordinal);
        Assert.Equal(loss.Message, Assert.Single(Assert.Single(await new Ledger(_project.Environment, Database.Application).GetDeploymentsAsync(CancellationToken.None)).Events).Message);
        await Assert.ThrowsAsync<DeployException>(() => (Database.Administration with { Database = replaced }).OpenAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_replication_slot_that_stays_with_the_replaced_database_is_named_with_what_ends_it()
    {
        string slot = $"slot_{Guid.NewGuid():N}";
        await using (NpgsqlConnection admin = await Database.Administration.OpenAsync(CancellationToken.None))
        {
            await new DatabaseContents(admin).ExecuteAsync($"select pg_create_logical_replication_slot('{slot}', 'pgoutput')", CancellationToken.None);
        }

        Deployment deployment = await RestoreAsync();

        string told = Assert.Single(deployment.Events).Message;
        Assert.EndsWith($" Replication slot {slot} stayed with it and must be made anew; until then the server keeps all WAL for the old: select pg_drop_replication_slot('{slot}');", told, StringComparison.Ordinal);
        await using NpgsqlConnection maintenance = await (Database.Administration with { Database = "_supabase_deploy" }).OpenAsync(CancellationToken.None);
        await new DatabaseContents(maintenance).ExecuteAsync(told[told.LastIndexOf("select", StringComparison.Ordinal)..], CancellationToken.None);
        Assert.False(await Database.ScalarAsync<bool>($"select exists (select from pg_replication_slots where slot_name = '{slot}')"));
    }

    [Fact]
    public async Task Only_the_database_that_the_last_restore_replaced_is_kept()
    {
        await RestoreAsync();
        string first = (await _project.DatabasesAsync())[1];

        await RestoreAsync();

        IReadOnlyList<string> databases = await _project.DatabasesAsync();
        Assert.Equal(2, databases.Count);
        Assert.DoesNotContain(first, databases);
    }

    [Fact]
    public async Task Owner_privileges_comment_and_settings_of_the_live_database_stay()
    {
        await using (NpgsqlConnection admin = await Database.Administration.OpenAsync(CancellationToken.None))
        {
            await new DatabaseContents(admin).ExecuteAsync(
                $"""
                alter database {_project.Live} set app.settings.jwt_secret to 'it''s new';
                alter database {_project.Live} set search_path to "$user", public, extensions, "Ä, b";
                alter role authenticated in database {_project.Live} set statement_timeout to '7s';
                revoke connect on database {_project.Live} from public;
                grant connect on database {_project.Live} to postgres, authenticator;
                comment on database {_project.Live} is 'the "live" one';
                alter database {_project.Live} connection limit 77
                """,
                CancellationToken.None);
        }

        DatabaseDefinition before = await DefinitionAsync();

        await RestoreAsync();

        DatabaseDefinition after = await DefinitionAsync();
        Assert.Equal(before.Settings, after.Settings);
        Assert.Equal(before.Grants, after.Grants);
        Assert.Equal(before with { Settings = [], Grants = null }, after with { Settings = [], Grants = null });
    }

    [Fact]
    public async Task The_ledger_goes_on_with_what_was_recorded_after_the_backup()
    {
        await RestoreAsync();
        await RestoreAsync(); // The backup is from before the first; the second must still know of it.

        IReadOnlyList<Deployment> recorded = await new Ledger(_project.Environment, Database.Application).GetDeploymentsAsync(CancellationToken.None);

        Assert.Equal([1, 2], recorded.Select(deployment => deployment.Number));
        Assert.All(recorded, deployment => Assert.Equal(DeploymentStatus.Succeeded, deployment.Status));
        Assert.All(recorded, deployment => Assert.Equal(6, deployment.Steps.Count));
    }

    [Fact]
    public async Task An_approval_at_the_moment_of_the_switch_is_refused_or_goes_on_and_is_never_lost()
    {
        var ledger = new Ledger(_project.Environment, Database.Application);
        var approval = new NewEvidence(Evidence.Approval, new string('a', 64), true, "{}");
        Task<Evidence>? approving = null;
        var sink = new ActingSink(each =>
        {
            if (each is Detail { Message: var said } && said.StartsWith("The ledger goes on", StringComparison.Ordinal))
            {
                approving = Task.Run(() => ledger.RecordEvidenceAsync(approval, DateTimeOffset.UtcNow, CancellationToken.None));
                Wait.UntilAsync(async () => approving.IsCompleted || await Database.ScalarAsync<bool>(
                    "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%supabase_deploy.evidence%')")).GetAwaiter().GetResult();
            }
        });

        await _project.Restorer.RestoreAsync(_project.Backup, new DeploymentOptions(), sink, CancellationToken.None);

        bool isRefused = await Record.ExceptionAsync(() => approving!) is not null;
        Assert.Equal(isRefused ? 0 : 1, (await ledger.GetEvidenceAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Clients_are_disconnected_once_and_find_the_restored_database()
    {
        await MakeMistakeAsync();
        using var stop = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 4).Select(_ => AskUntilAsync(stop.Token))];

        Deployment deployment = await RestoreAsync();
        await Wait.UntilAsync(async () => await Database.ScalarAsync<long>("select count(*) from child") == 2);
        await stop.CancelAsync();
        int[] failures = await Task.WhenAll(clients);

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Assert.Contains(failures, count => count > 0);
    }

    [Fact]
    public async Task A_damaged_backup_is_refused_before_anything_changes()
    {
        await MakeMistakeAsync();
        string file = Directory.GetFiles(Path.Combine(_project.Backup.Path, "dump"), "*.dat.gz")[0];
        byte[] content = await File.ReadAllBytesAsync(file);
        content[^3] ^= 1;
        await File.WriteAllBytesAsync(file, content);

        var error = await Assert.ThrowsAsync<DeployException>(RestoreAsync);

        Assert.Equal(ErrorTable.BackupDamaged, error.Code);
        Assert.StartsWith($"Backup '{_project.Backup.Id}' is damaged: 'dump/{Path.GetFileName(file)}' is corrupted: ", error.Message, StringComparison.Ordinal);
        Assert.Equal([_project.Live], await _project.DatabasesAsync());
        Assert.Equal(0, await Database.ScalarAsync<long>("select count(*) from child"));
    }

    [Fact]
    public async Task What_does_not_match_its_manifest_is_not_switched_in()
    {
        await MakeMistakeAsync();
        DeploymentBackup wrong = _project.Backup with { Manifest = _project.Backup.Manifest with { LargeObjects = 5 } };

        var error = await Assert.ThrowsAsync<DeployException>(
            () => _project.Restorer.RestoreAsync(wrong, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal($"Backup '{wrong.Id}' was restored, but is not what it was: large objects: 1 instead of 5.", error.Message);
        Assert.Equal([_project.Live], await _project.DatabasesAsync());
        Deployment recorded = Assert.Single(await new Ledger(_project.Environment, Database.Application).GetDeploymentsAsync(CancellationToken.None));
        Assert.Equal((DeploymentStatus.Failed, false, error.Message), (recorded.Status, recorded.Changed, recorded.Reason));
    }

    [Fact]
    public async Task A_restore_that_is_stopped_before_the_switch_leaves_everything_as_it_was()
    {
        await MakeMistakeAsync();
        using var stop = new CancellationTokenSource();
        var sink = new ReactingSink(deployEvent => deployEvent is DeploymentStepStarted { Step: "verify" }, stop.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _project.Restorer.RestoreAsync(_project.Backup, new DeploymentOptions(), sink, stop.Token));

        Assert.Equal([_project.Live], await _project.DatabasesAsync());
        Assert.Equal(0, await Database.ScalarAsync<long>("select count(*) from child"));
        Deployment recorded = Assert.Single(await new Ledger(_project.Environment, Database.Application).GetDeploymentsAsync(CancellationToken.None));
        Assert.Equal((DeploymentStatus.Interrupted, false), (recorded.Status, recorded.Changed));
        Assert.Null(await DeploymentLock.FindOwnerAsync(Database.Application, CancellationToken.None));
    }

    [Fact]
    public async Task Of_two_restores_at_once_one_is_told_who_is_at_work()
    {
        var second = new TaskCompletionSource<Exception?>();
        var sink = new ReactingSink(
            deployEvent => deployEvent is DeploymentStepStarted { Step: "build" },
            () => second.SetResult(Record.ExceptionAsync(RestoreAsync).AsTask().GetAwaiter().GetResult()));

        Deployment first = await _project.Restorer.RestoreAsync(_project.Backup, new DeploymentOptions(), sink, CancellationToken.None);

        Assert.Equal(DeploymentStatus.Succeeded, first.Status);
        var error = Assert.IsType<DeployException>(await second.Task);
        Assert.Equal(ErrorTable.DeploymentLockHeld, error.Code);
        Assert.Contains($"restore backup {_project.Backup.Id} to production", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_restores_one_after_the_other_at_once_both_succeed_when_told_to_wait()
    {
        Deployment[] both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ =>
            _project.Restorer.RestoreAsync(_project.Backup, new DeploymentOptions { LockWait = TimeSpan.FromMinutes(2) }, NullProgressSink.Instance, CancellationToken.None)));

        Assert.All(both, deployment => Assert.Equal(DeploymentStatus.Succeeded, deployment.Status));
        Assert.Equal(2, (await _project.DatabasesAsync()).Count);
    }

    [Fact]
    public async Task A_database_that_is_gone_altogether_comes_back()
    {
        string before = await _project.DescribeAsync();
        await using (NpgsqlConnection admin = await (Database.Administration with { Database = "_supabase_deploy" }).OpenAsync(CancellationToken.None))
        {
            await new DatabaseContents(admin).ExecuteAsync($"drop database {_project.Live} with (force)", CancellationToken.None);
        }

        RestorePlan plan = await _project.Restorer.PlanAsync(_project.Backup, NullProgressSink.Instance, CancellationToken.None);
        Deployment deployment = await RestoreAsync();

        Assert.Null(plan.RowsLost);
        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Assert.Equal(before, await _project.DescribeAsync());
        Assert.Equal([_project.Live], await _project.DatabasesAsync());
        Assert.Single(await new Ledger(_project.Environment, Database.Application).GetDeploymentsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task The_plan_says_what_comes_back_and_what_would_be_lost()
    {
        await MakeMistakeAsync();
        await Database.ExecuteAsync("insert into later values (1), (2), (3)");

        RestorePlan plan = await _project.Restorer.PlanAsync(_project.Backup, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(
            [new RowDifference("public.child", 0, 2), new RowDifference("public.later", 4, 1)],
            plan.Differences);
        Assert.Equal((3L, 2L), (plan.RowsLost, plan.RowsReturned));
        Assert.Matches(
            $"^Replace database '{_project.Live}' by backup '{_project.Backup.Id}' of [0-9 :-]+Z: 2 rows come back, 3 rows would be lost, with every change of the last [0-9]+ seconds$",
            plan.ToString());
    }

    [Fact]
    public async Task Where_no_role_may_rename_databases_a_restore_says_so()
    {
        var restorer = new DeploymentRestorer(new DatabaseOnly(Database.Application, null), new PostgresInstallations());

        var error = await Assert.ThrowsAsync<DeployException>(
            () => restorer.RestoreAsync(_project.Backup, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(ErrorTable.RestoreNotPossible, error.Code);
    }

    private Task<Deployment> RestoreAsync() =>
        _project.Restorer.RestoreAsync(_project.Backup, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None);

    private Task MakeMistakeAsync() => Database.ExecuteAsync("delete from child");

    private async Task<DatabaseDefinition> DefinitionAsync()
    {
        await using NpgsqlConnection connection = await Database.Administration.OpenAsync(CancellationToken.None);
        return await DatabaseDefinitionSql.ReadAsync(connection, _project.Live, CancellationToken.None);
    }

    private async Task<int> AskUntilAsync(CancellationToken stop)
    {
        int failures = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlConnection connection = await Database.Application.OpenAsync(CancellationToken.None);
                await using var query = new NpgsqlCommand("select count(*) from child", connection);
                while (!stop.IsCancellationRequested)
                {
                    await query.ExecuteScalarAsync(CancellationToken.None);
                }
            }
            catch (Exception e) when (e is NpgsqlException or DeployException)
            {
                failures++;
            }
        }

        return failures;
    }
}
