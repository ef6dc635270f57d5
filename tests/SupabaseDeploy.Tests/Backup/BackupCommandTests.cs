using System.Management.Automation;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Backup;

public sealed class BackupCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TestDatabase _database = null!;
    private ModuleSession _session = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync("create table public.notes (id int primary key, note text); insert into notes select n, 'note' from generate_series(1, 42) n");
        _session = new ModuleSession(_folder.Path);
        DatabaseAddress address = _database.Administration;
        _session.Runspace.SessionStateProxy.SetVariable(
            "url", $"postgresql://{address.User}:{address.Password!.Reveal()}@{address.Host}:{address.Port}/{address.Database}");
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void A_backup_is_taken_listed_and_proven_in_one_pipeline()
    {
        SessionResult result = _session.Run(
            """
            $taken = Backup-Deployment -DatabaseUrl $url
            $taken
            Get-DeploymentBackup -DatabaseUrl $url -Latest
            $taken | Test-DeploymentBackup -MaxRpo 1h -MaxRto 20m
            Get-DeploymentBackup -DatabaseUrl $url -Id $taken.Id
            """);

        Assert.Null(result.Error);
        Assert.Equal(
            ["DeploymentBackup", "DeploymentBackup", "BackupDrill", "DeploymentBackup"],
            result.Output.Select(output => output.BaseObject.GetType().Name));
        Assert.Equal(Value(result.Output[0], "Id"), Value(result.Output[1], "Id"));
        Assert.Equal(true, Value(result.Output[2], "Succeeded"));
        Assert.Equal(false, Value(result.Output[1], "IsProven"));
        Assert.Equal(true, Value(result.Output[3], "IsProven"));
        Assert.True((long)Value(result.Output[0], "Rows")! >= 42);
    }

    [Fact]
    public void A_recovery_point_that_is_too_old_stops_the_script_after_the_drill_was_written()
    {
        SessionResult result = _session.Run(
            """
            Backup-Deployment -DatabaseUrl $url | Test-DeploymentBackup -MaxRpo ([TimeSpan]::FromTicks(1))
            'not reached'
            """);

        Assert.Equal("BackupDrill", Assert.Single(result.Output).BaseObject.GetType().Name);
        Assert.StartsWith("RequirementNotMet", result.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("recovery point ", result.Error.Exception.Message, StringComparison.Ordinal);
        Assert.IsType<ActionPreferenceStopException>(result.Thrown, exactMatch: false);
    }

    [Fact]
    public void A_damaged_backup_fails_its_drill_without_being_asked_to()
    {
        SessionResult result = _session.Run(
            """
            $taken = Backup-Deployment -DatabaseUrl $url
            [IO.File]::Delete([IO.Path]::Combine($taken.Path, 'roles.sql'))
            Test-DeploymentBackup -DatabaseUrl $url
            """);

        Assert.Equal("files: 'roles.sql' is missing", Value(Assert.Single(result.Output), "Message"));
        Assert.StartsWith("RequirementNotMet", result.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIf_takes_no_backup()
    {
        SessionResult result = _session.Run("Backup-Deployment -DatabaseUrl $url -WhatIf; Get-DeploymentBackup -DatabaseUrl $url");

        Assert.Null(result.Error);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void An_environment_without_a_backup_is_an_error_only_when_one_was_asked_for()
    {
        Assert.Null(_session.Run("Get-DeploymentBackup -DatabaseUrl $url").Error);
        SessionResult result = _session.Run("Get-DeploymentBackup -DatabaseUrl $url -Latest");

        Assert.StartsWith("BackupNotFound", result.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("Take one with 'Backup-Deployment ", result.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_is_piped_to_Restore_Deployment_brings_its_rows_back()
    {
        SessionResult taken = _session.Run("Backup-Deployment -DatabaseUrl $url");
        await _database.ExecuteAsync("delete from notes where id > 2; insert into notes values (100, 'new')");

        SessionResult plan = _session.Run("Get-DeploymentBackup -DatabaseUrl $url -Latest | Restore-Deployment -WhatIf");
        long untouched = await _database.ScalarAsync<long>("select count(*) from notes");
        SessionResult restored = _session.Run("Get-DeploymentBackup -DatabaseUrl $url -Latest | Restore-Deployment -Reason 'a mistake' -Confirm:$false");

        Assert.Null(taken.Error);
        Assert.Null(plan.Error);
        Assert.Equal("RestorePlan", Assert.Single(plan.Output).BaseObject.GetType().Name);
        Assert.Equal(39L, Value(plan.Output[0], "RowsReturned"));
        Assert.Equal(3, untouched);
        Assert.Null(restored.Error);
        Assert.Equal("Succeeded", Value(Assert.Single(restored.Output), "Status")!.ToString());
        Assert.StartsWith("a mistake: Backup ", (string)Value(restored.Output[0], "Reason")!, StringComparison.Ordinal);
        Assert.Equal(42, await _database.ScalarAsync<long>("select count(*) from notes"));
    }

    [Fact]
    public void A_duration_without_a_unit_is_refused()
    {
        SessionResult result = _session.Run("Test-DeploymentBackup -DatabaseUrl $url -MaxRpo 5");

        Assert.StartsWith("ParameterArgumentTransformationError", result.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-DeploymentBackup local -Id ")]
    [InlineData("Test-DeploymentBackup local -Id l")]
    public void The_word_latest_completes(string input)
    {
        CommandCompletion completion = Complete(input);

        Assert.Contains(completion.CompletionMatches, match => match.CompletionText == "latest");
    }

    private CommandCompletion Complete(string input)
    {
        using PowerShell shell = PowerShell.Create(_session.Runspace);
        return CommandCompletion.CompleteInput(input, input.Length, null, shell);
    }

    private static object? Value(PSObject output, string property) => output.Properties[property].Value;
}
