using System.Management.Automation;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Migration;

public sealed class RepairMigrationCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private ModuleSession _session = null!;
    private TestDatabase _database = null!;
    private string _target = "";

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _session = new ModuleSession(_folder.Path);
        _target = $"-DatabaseUrl '{_database.Application.ToUrl()}' -Path '{_folder.Path}'";
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        _folder.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public void WhatIf_shows_the_plan_and_the_repair_does_it_once()
    {
        string first = _folder.Write("migrations/1_a.sql", "create table a (id int)");
        Assert.Null(_session.Run($"Invoke-Migration {_target}").Error);
        File.Move(first, Path.Combine(_folder.Path, "migrations", "1_first.sql"));
        _folder.Write("migrations/0_late.sql", "create table late (id int)");

        SessionResult planned = _session.Run($"Repair-Migration {_target} -WhatIf; Get-Migration {_target} | ForEach-Object {{ $_.State }}");
        SessionResult repaired = _session.Run($"(Repair-Migration {_target} -Confirm:$false), (Repair-Migration {_target} -Confirm:$false)");
        SessionResult after = _session.Run($"Get-Migration {_target} | ForEach-Object {{ \"$($_.Version) $($_.Name) $($_.State)\" }}");

        Assert.Equal(["OutOfOrder", "Renamed"], planned.Output.Select(state => state.ToString()));
        Assert.Null(repaired.Error);
        Assert.Equal(
            [
                "Rename '0_late.sql' to '2_late.sql', because the newer version '1' is applied already",
                "Record version '1' as 'first' instead of 'a', because its file is '1_first.sql'",
            ],
            ((IEnumerable<object>)repaired.Output[0].Properties["Actions"].Value).Select(action => action.ToString()));
        Assert.Equal([true, false], repaired.Output.Select(run => run.Properties["Changed"].Value));
        Assert.Equal(["1 first Applied", "2 late Pending"], after.Output.Select(line => line.ToString()));
    }

    [Fact]
    public void A_status_needs_versions()
    {
        _folder.Write("migrations/1_a.sql", "create table a (id int)");

        SessionResult needs = _session.Run($"Repair-Migration {_target} -Status Reverted -Confirm:$false");

        Assert.StartsWith("RepairNotPossible,", needs.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("Name the versions, or '*' for every one.", needs.Error?.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void Edited_files_are_shown_with_their_difference_and_refused_when_asked_to()
    {
        _folder.Write("migrations/1_a.sql", "create table a (id int)");
        Assert.Null(_session.Run($"Invoke-Migration {_target}").Error);
        _folder.Write("migrations/1_a.sql", "create table a (id bigint)");

        SessionResult shown = _session.Run($"Get-Migration {_target} -State Edited | ForEach-Object {{ $_.Difference }} | ForEach-Object {{ $_.ToString() }}");
        SessionResult refused = _session.Run($"Invoke-Migration {_target} -RefuseEdited");
        SessionResult left = _session.Run($"Repair-Migration {_target} -Version 1 -Confirm:$false; Repair-Migration {_target} -Version 1 -Status Applied -Confirm:$false; Invoke-Migration {_target} -RefuseEdited");

        Assert.Equal("@@ statement 1 @@\n- create table a (id int)\n+ create table a (id bigint)", Assert.Single(shown.Output).ToString());
        Assert.StartsWith("AppliedMigrationEdited,", refused.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Null(left.Error);
        Assert.Equal([false, true, false], left.Output.Select(result => result.Properties["Changed"].Value));
    }

    [Fact]
    public void A_late_file_runs_with_IncludeOutOfOrder_or_its_alias_of_the_CLI()
    {
        _folder.Write("migrations/2_b.sql", "select 1");
        Assert.Null(_session.Run($"Invoke-Migration {_target}").Error);
        _folder.Write("migrations/1_a.sql", "select 1");

        SessionResult stopped = _session.Run($"Invoke-Migration {_target}");
        SessionResult run = _session.Run($"Invoke-Migration {_target} -IncludeAll");

        Assert.StartsWith("MigrationOutOfOrder,", stopped.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Null(run.Error);
        Assert.Equal(2, Assert.Single(run.Output).Properties["Total"].Value);
    }
}
