using System.Management.Automation;
using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Deployment;

public sealed class PublishEnvironmentTests
{
    [Fact]
    public void A_release_goes_from_stage_to_stage_and_a_bad_one_is_back_by_itself()
    {
        using var project = new PublishSession();

        SessionResult refused = project.Run("New-Release | Publish-Environment production");
        Assert.Equal("GateRefused", Id(refused.Error!));
        Assert.Contains("[missing] healthy on staging", refused.Error!.Exception.Message, StringComparison.Ordinal);

        Assert.Equal(
            ["home Healthy"],
            project.Lines("New-Release | Publish-Environment staging | Test-DeploymentHealth | Where-Object Check -eq home | ForEach-Object { \"$($_.Check) $($_.Overall)\" }"));
        Assert.Equal(["Publish Succeeded True"], project.Lines("Get-Release -VerifiedOn staging -Latest | Publish-Environment production | ForEach-Object { \"$($_.Kind) $($_.Status) $($_.Changed)\" }"));
        Assert.StartsWith("lock Succeeded preflight Succeeded", Assert.Single(project.Lines("\"$((Get-Deployment production -Latest).Steps)\"")), StringComparison.Ordinal);
        Assert.Equal(["staging production"], project.Lines("Get-Release | ForEach-Object { \"$($_.RunsOn)\" }"));
        Assert.Equal(["Succeeded False"], project.Lines("Get-Release | Publish-Environment production | ForEach-Object { \"$($_.Status) $($_.Changed)\" }"));

        project.WriteVersion(2, page: "broken");
        SessionResult bad = project.Run("New-Release | Publish-Environment staging -HealthTimeout 1s; 'not reached'");
        PSObject deployment = Assert.Single(bad.Output);
        Assert.Equal("RolledBack", $"{deployment.Properties["Status"].Value}");
        Assert.Equal("DeploymentFailed", Id(bad.Error!));
        Assert.IsAssignableFrom<ActionPreferenceStopException>(bad.Thrown);
        Assert.Equal(["1 Succeeded", "2 RolledBack"], project.Lines("Get-Deployment staging | ForEach-Object { \"$($_.Number) $($_.Status)\" }"));
        Assert.Equal(["<h1>version 1: ready</h1>"], project.Lines("[System.Net.Http.HttpClient]::new().GetStringAsync((Get-LocalStack staging).Url).Result"));
    }

    [Fact]
    public void The_history_is_not_cut_where_a_terminal_has_80_columns()
    {
        using var project = new PublishSession();
        project.Lines("New-Release | Publish-Environment staging");
        project.Lines("$Host.UI.RawUI.BufferSize = [System.Management.Automation.Host.Size]::new(80, 50)");

        Assert.Matches(@"Succeeded +\d{4}-\d\d-\d\d \d\d:\d\dZ +\d+\.\d\d s", project.Show("Get-Deployment staging"));
    }

    [Fact]
    public void WhatIf_writes_the_plan_and_changes_nothing()
    {
        using var project = new PublishSession();
        project.Lines("New-Release");

        Assert.Equal(
            ["lock preflight migrate web health record", "DownScripts", "not locked, healthy on staging"],
            project.Lines("""
                $plan = Publish-Environment production -WhatIf
                "$($plan.Steps.Name)"
                "$($plan.Rollback.Strategy)"
                $plan.Gates.Name -join ', '
                """));
        string shown = project.Show("Publish-Environment production -WhatIf");
        Assert.Contains("Apply migration 001: the release has it, the history has not.", shown, StringComparison.Ordinal);
        Assert.Contains("Undone: Down scripts, newest first. Loses: What is written into what these migrations add", shown, StringComparison.Ordinal);
        Assert.Contains("Lock: none that the application waits for, as far as rules can tell.", shown, StringComparison.Ordinal);
        Assert.Empty(project.Lines("Get-Deployment production"));
    }

    [Fact]
    public async Task What_is_measured_on_a_stage_later_is_recorded_and_closes_the_next_ones_gate()
    {
        using var project = new PublishSession();
        Assert.Equal("InvalidValue", Id(project.Run("Test-DeploymentHealth staging -Record").Error!));
        project.Lines("New-Release | Publish-Environment staging");
        await project.ExecuteAsync("staging", "delete from supabase_migrations.schema_migrations");

        Assert.Equal(["Failed"], project.Lines("Test-DeploymentHealth staging -Record | Where-Object Check -eq migrations | ForEach-Object Status"));

        Assert.Empty(project.Lines("Get-Release -VerifiedOn staging"));
        string shown = project.Show("Publish-Environment production -WhatIf");
        Assert.Contains("Gate: [missing] healthy on staging: The last one, of ", shown, StringComparison.Ordinal);
        Assert.Matches("(?m)^ +Measure it there: Test-DeploymentHealth staging -Record", shown);
    }

    [Fact]
    public async Task A_paused_deployment_that_is_piped_in_is_decided_while_its_process_lives()
    {
        using var project = new PublishSession();
        project.Lines("New-Release | Publish-Environment staging");
        await project.ExecuteAsync("staging", """
            insert into supabase_deploy.deployments (id, number, kind, status, release_id, requested_by, started_at, plan)
            select gen_random_uuid(), 2, kind, 'Running', release_id, 'ann', now(), plan from supabase_deploy.deployments;
            insert into supabase_deploy.events (sequence, deployment_id, kind, message, recorded_by, recorded_at)
            select 1, id, 'paused', 'no answer', 'ann', now() from supabase_deploy.deployments where number = 2
            """);

        SessionResult abandoned = project.Run("Get-Deployment staging -Status Paused | Deny-Deployment");
        DeploymentLock held = await DeploymentLock.AcquireAsync(project.Database("staging"), "publish", TimeSpan.Zero, NullProgressSink.Instance, CancellationToken.None);
        project.Lines("Get-Deployment staging -Status Paused | Deny-Deployment -Reason 'not today'");
        await held.DisposeAsync();

        Assert.Equal("ApprovalRefused", Id(abandoned.Error!));
        Assert.Contains("ann, who ran deployment 2", abandoned.Error!.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("rolled back: not today", await project.ScalarAsync<string>("staging", "select kind || ': ' || message from supabase_deploy.events order by sequence desc limit 1"));
    }

    [Fact]
    public void Going_back_asks_with_the_way_and_the_loss_and_returns_to_the_release_before()
    {
        using var project = new PublishSession();
        project.Lines("New-Release | Publish-Environment staging");
        project.WriteVersion(2);
        project.Lines("New-Release | Publish-Environment staging");

        SessionResult asked = project.Run("Restore-Deployment staging");
        Assert.NotNull(asked.Error); // This session's host cannot ask.
        Assert.Contains(asked.Warnings, warning => warning.Contains("loses table public.t2 (2 rows)", StringComparison.Ordinal));

        Assert.Equal(["Rollback Succeeded"], project.Lines("Restore-Deployment staging -Confirm:$false | ForEach-Object { \"$($_.Kind) $($_.Status)\" }"));
        Assert.Equal(["<h1>version 1: ready</h1>"], project.Lines("[System.Net.Http.HttpClient]::new().GetStringAsync((Get-LocalStack staging).Url).Result"));
        Assert.Equal(["NothingToRestore"], [Id(project.Run("Restore-Deployment staging -Confirm:$false").Error!)]);
    }

    [Fact]
    public void A_publish_whose_down_scripts_drop_data_names_it_and_asks()
    {
        using var project = new PublishSession();
        string first = Assert.Single(project.Lines("New-Release | Publish-Environment staging | ForEach-Object { $_.Release.Id }"));
        project.WriteVersion(2, page: "broken");
        File.WriteAllText(Path.Combine(project.Root, "migrations", "down", "002_add_t2.sql"), "drop table public.t2;\nselect 1/0;\n");
        Assert.Equal("DeploymentFailed", Id(project.Run("New-Release | Publish-Environment staging -HealthTimeout 1s").Error!));

        SessionResult asked = project.Run($"Publish-Environment staging -Release {first} -RollForward");

        Assert.NotEqual("DeploymentFailed", Id(asked.Error!)); // This session's host cannot ask.
        Assert.Contains(asked.Warnings, warning => warning.Contains("loses table public.t2 (2 rows)", StringComparison.Ordinal));
        Assert.Equal(["1 Succeeded", "2 Failed"], project.Lines("Get-Deployment staging | ForEach-Object { \"$($_.Number) $($_.Status)\" }"));
    }

    [Fact]
    public void A_stage_that_does_not_run_is_named_with_the_command_that_starts_it()
    {
        using var project = new PublishSession(isStarted: false);

        SessionResult result = project.Run("New-Release | Publish-Environment staging");

        Assert.Contains("Start-LocalStack staging", result.Error!.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stage_that_does_not_answer_keeps_nothing_of_the_others_back()
    {
        using var project = new PublishSession();
        project.Lines("New-Release | Publish-Environment staging | Publish-Environment production");
        project.Lines("Stop-LocalStack staging");

        SessionResult result = project.Run("Get-Deployment * -ExportTo ledgers.jsonl; 'reached'");
        SessionResult piped = project.Run("Get-Environment | Get-Deployment -Latest");

        Assert.Equal(["production", "reached"], result.Output.Select(each => $"{each.Properties["Environment"]?.Value ?? each}"));
        Assert.Contains("'staging'", Assert.Single(result.Errors).Exception.Message, StringComparison.Ordinal);
        Assert.Contains("\"production\"", File.ReadAllText(Path.Combine(project.Root, "ledgers.jsonl")), StringComparison.Ordinal);
        Assert.Equal("production", $"{Assert.Single(piped.Output).Properties["Environment"].Value}");
        Assert.Single(piped.Errors);
        Assert.NotNull(project.Run("Get-Deployment staging").Error);
        SessionResult paused = project.Run("Get-Deployment production -Status paused, Failed");
        Assert.True(paused is { Error: null, Output: [] });
    }

    [Fact]
    public async Task A_stage_whose_ledger_cannot_be_read_keeps_the_others_and_the_last_export()
    {
        using var project = new PublishSession();
        project.Lines("New-Release | Publish-Environment staging | Publish-Environment production");
        project.Lines("Get-Deployment * -ExportTo ledgers.jsonl");
        string before = File.ReadAllText(Path.Combine(project.Root, "ledgers.jsonl"));
        await project.ExecuteAsync("staging", "drop table supabase_deploy.steps cascade");

        SessionResult result = project.Run("Get-Deployment * -ExportTo ledgers.jsonl; 'reached'");

        Assert.Equal(["production", "reached"], result.Output.Select(each => $"{each.Properties["Environment"]?.Value ?? each}"));
        Assert.Single(result.Errors);
        Assert.Contains("stays as it was", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(project.Root, "ledgers.jsonl")));
    }

    [Fact]
    public async Task Who_is_at_work_is_named_before_a_plan_made_from_half_of_that_work_is_asked_about()
    {
        using var project = new PublishSession();
        project.Lines("New-Release | Publish-Environment staging");
        project.WriteVersion(2);
        project.Lines("New-Release | Publish-Environment staging");
        DatabaseAddress database = project.Database("staging");
        DeploymentLock held = await DeploymentLock.AcquireAsync(
            database, "publish something", TimeSpan.Zero, NullProgressSink.Instance, CancellationToken.None);

        project.WriteVersion(3);
        SessionResult publish = project.Run("New-Release | Publish-Environment staging");
        SessionResult back = project.Run("Restore-Deployment staging");
        SessionResult shown = project.Run("Publish-Environment staging -WhatIf");
        Task<SessionResult> waiting = Task.Run(() => project.Run("Publish-Environment staging -Wait 5m"));
        await using (NpgsqlConnection looking = await database.OpenAsync(CancellationToken.None))
        {
            await using var isWaited = new NpgsqlCommand("select exists (select from pg_locks where locktype = 'advisory' and not granted)", looking);
            await Wait.UntilAsync(async () => (bool)(await isWaited.ExecuteScalarAsync())!);
        }

        await held.DisposeAsync();
        SessionResult waited = await waiting;

        Assert.Equal("DeploymentLockHeld", Id(publish.Error!));
        Assert.Contains("publish something", publish.Error!.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("-Wait", publish.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("DeploymentLockHeld", Id(back.Error!));
        Assert.Empty(back.Warnings);
        Assert.Contains("publish something", Assert.Single(shown.Warnings), StringComparison.Ordinal);
        Assert.Null(shown.Error);
        Assert.Equal("lock preflight migrate web health record", string.Join(' ', project.Lines("(Publish-Environment staging -WhatIf).Steps.Name")));
        Assert.Null(waited.Error);
        Assert.Contains(waited.Information, line => line.Contains("held by", StringComparison.Ordinal));
        Assert.Equal("Succeeded", $"{Assert.Single(waited.Output).Properties["Status"].Value}");
    }

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];
}
