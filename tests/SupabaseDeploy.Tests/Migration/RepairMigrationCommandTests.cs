using System.Management.Automation;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Migration;

public sealed class RepairMigrationCommandTests : MigrationFolderTest
{
    [Fact]
    public void WhatIf_shows_the_plan_and_the_repair_does_it_once()
    {
        string first = Folder.Write("migrations/1_a.sql", "create table a (id int)");
        Assert.Null(Session.Run($"Invoke-Migration {Target}").Error);
        File.Move(first, Path.Combine(Folder.Path, "migrations", "1_first.sql"));
        Folder.Write("migrations/0_late.sql", "create table late (id int)");

        SessionResult planned = Session.Run($"Repair-Migration {Target} -WhatIf; Get-Migration {Target} | ForEach-Object {{ $_.State }}");
        SessionResult repaired = Session.Run($"(Repair-Migration {Target} -Confirm:$false), (Repair-Migration {Target} -Confirm:$false)");
        SessionResult after = Session.Run($"Get-Migration {Target} | ForEach-Object {{ \"$($_.Version) $($_.Name) $($_.State)\" }}");

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
        Folder.Write("migrations/1_a.sql", "create table a (id int)");

        SessionResult needs = Session.Run($"Repair-Migration {Target} -Status Reverted -Confirm:$false");

        Assert.StartsWith("RepairNotPossible,", needs.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("Name the versions, or '*' for every one.", needs.Error?.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void Edited_files_are_shown_with_their_difference_and_refused_when_asked_to()
    {
        Folder.Write("migrations/1_a.sql", "create table a (id int)");
        Assert.Null(Session.Run($"Invoke-Migration {Target}").Error);
        Folder.Write("migrations/1_a.sql", "create table a (id bigint)");

        SessionResult shown = Session.Run($"Get-Migration {Target} -State Edited | ForEach-Object {{ $_.Difference }} | ForEach-Object {{ $_.ToString() }}");
        SessionResult refused = Session.Run($"Invoke-Migration {Target} -RefuseEdited");
        SessionResult left = Session.Run($"Repair-Migration {Target} -Version 1 -Confirm:$false; Repair-Migration {Target} -Version 1 -Status Applied -Confirm:$false; Invoke-Migration {Target} -RefuseEdited");

        Assert.Equal("@@ statement 1 @@\n- create table a (id int)\n+ create table a (id bigint)", Assert.Single(shown.Output).ToString());
        Assert.StartsWith("AppliedMigrationEdited,", refused.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Null(left.Error);
        Assert.Equal([false, true, false], left.Output.Select(result => result.Properties["Changed"].Value));
    }

    [Fact]
    public void A_late_file_runs_with_IncludeOutOfOrder_or_its_alias_of_the_CLI()
    {
        Folder.Write("migrations/2_b.sql", "select 1");
        Assert.Null(Session.Run($"Invoke-Migration {Target}").Error);
        Folder.Write("migrations/1_a.sql", "select 1");

        SessionResult stopped = Session.Run($"Invoke-Migration {Target}");
        SessionResult run = Session.Run($"Invoke-Migration {Target} -IncludeAll");

        Assert.StartsWith("MigrationOutOfOrder,", stopped.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Null(run.Error);
        Assert.Equal(2, Assert.Single(run.Output).Properties["Total"].Value);
    }
}
