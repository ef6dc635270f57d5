using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Migration;

public sealed class MigrationCommandTests : MigrationFolderTest
{
    [Fact]
    public void One_run_is_written_also_when_nothing_is_pending()
    {
        Folder.Write("migrations/1_a.sql", "create table a (id int)");

        SessionResult result = Session.Run($"(Invoke-Migration {Target}), (Invoke-Migration {Target})");

        Assert.Null(result.Error);
        Assert.Equal([true, false], result.Output.Select(run => run.Properties["Changed"].Value));
        Assert.All(result.Output, run => Assert.Equal("1", run.Properties["Version"].Value));
    }

    [Fact]
    public void A_statement_that_runs_longer_than_told_is_ended_and_its_file_rolled_back()
    {
        Folder.Write("migrations/1_a.sql", "create table a (id int); select pg_sleep(600);");

        SessionResult result = Session.Run($"Invoke-Migration {Target} -StatementTimeout 50ms");

        Assert.Contains("57014", result.Error!.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("Failed", Assert.Single(result.Output).Properties["Status"].Value.ToString());
        Assert.Contains("the unit is missing", Session.Run($"Invoke-Migration {Target} -StatementTimeout 50").Error!.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_listed_in_any_repository_without_a_database()
    {
        Folder.Write("supabase/migrations/1_a.sql", "create table a (id int)");

        SessionResult here = Session.Run("Get-Migration -Offline");
        SessionResult there = Session.Run("Get-Migration -Offline -Path ./supabase/migrations");

        Assert.Equal(["1", "1"], here.Output.Concat(there.Output).Select(migration => migration.Properties["Version"].Value));
    }

    [Fact]
    public void A_path_without_a_database_is_answered_by_what_to_give()
    {
        Folder.Write("supabase/migrations/1_a.sql", "create table a (id int)");

        SessionResult result = Session.Run("Invoke-Migration -Path ./supabase/migrations");

        Assert.Equal("No database was given for './supabase/migrations'.", result.Error!.Exception.Message);
    }

    [Fact]
    public void WhatIf_plans_and_changes_nothing()
    {
        Folder.Write("migrations/1_a.sql", "create table a (id int)");

        SessionResult result = Session.Run($"Invoke-Migration {Target} -WhatIf; Get-Migration {Target}");

        Assert.Null(result.Error);
        Assert.Equal("Pending", Assert.Single(result.Output).Properties["State"].Value.ToString());
    }

    [Fact]
    public void A_refused_statement_stops_the_script_with_its_place()
    {
        Folder.Write("migrations/1_a.sql", "select mising;");

        SessionResult result = Session.Run($"Invoke-Migration {Target}; 'not reached'");

        Assert.Equal("Failed", Assert.Single(result.Output).Properties["Status"].Value.ToString());
        Assert.StartsWith("MigrationFailed,", result.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.InvalidResult, result.Error?.CategoryInfo.Category);
        Assert.Contains("at line 1, column 8", result.Error?.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("Correct", result.Error?.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_Migration_tells_applied_pending_and_missing_apart()
    {
        Folder.Write("migrations/1_a.sql", "select 1");
        string gone = Folder.Write("migrations/2_b.sql", "select 1");
        Assert.Null(Session.Run($"Invoke-Migration {Target}").Error);
        File.Delete(gone);
        Folder.Write("migrations/3_c.sql", "select 1");
        Folder.Write("migrations/down/3_c.sql", "select 1");

        SessionResult result = Session.Run($"Get-Migration {Target}; Get-Migration {Target} -State Pending; Get-Migration {Target} -Version 2");

        Assert.Null(result.Error);
        Assert.Equal(
            ["1 a Applied False", "2 b MissingFile False", "3 c Pending True", "3 c Pending True", "2 b MissingFile False"],
            result.Output.Select(row => $"{row.Properties["Version"].Value} {row.Properties["Name"].Value} {row.Properties["State"].Value} {row.Properties["HasDown"].Value}"));
    }

    [Fact]
    public void A_run_is_piped_to_the_next_command_and_the_files_need_no_database()
    {
        Folder.Write("migrations/1_a.sql", "select 1");

        SessionResult result = Session.Run($"Invoke-Migration {Target} | Get-Migration; Get-Migration -DatabaseUrl 'postgresql://nobody@127.0.0.1:1/none' -Path '{Folder.Path}' -Offline");

        Assert.Null(result.Error);
        Assert.Equal(["Applied", "Unknown"], result.Output.Select(row => row.Properties["State"].Value.ToString()));
    }

    [Fact]
    public void Seeds_run_only_when_asked_for_on_a_bare_database()
    {
        Folder.Write("migrations/1_a.sql", "create table a (id int)");
        Folder.Write("supabase/seed.sql", "insert into a values (1)");

        SessionResult result = Session.Run($"(Invoke-Migration {Target}).Seeds.Count; (Invoke-Migration {Target} -IncludeSeed).Seeds");

        Assert.Null(result.Error);
        Assert.Equal(["0", "supabase/seed.sql"], result.Output.Select(value => value.ToString()));
    }

    [Fact]
    public void A_lock_timeout_needs_a_unit()
    {
        SessionResult result = Session.Run($"Invoke-Migration {Target} -LockTimeout 5");

        Assert.Contains("'5'", result.Error?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Versions_complete_with_Tab()
    {
        Folder.Write("migrations/20261101120000_a.sql", "");
        Folder.Write("migrations/20261102120000_b.sql", "");
        string command = $"Get-Migration -Project '{Folder.Path}' -Version 2026";

        SessionResult result = Session.Run($"(TabExpansion2 \"{command}\" {command.Length}).CompletionMatches.CompletionText");

        Assert.Equal(["20261102120000", "20261101120000"], result.Output.Select(value => value.ToString()));
    }
}
