using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Migration;

public sealed class UndoMigrationCommandTests : MigrationFolderTest
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (string file in (string[])["1_a", "2_b", "3_c"])
        {
            Folder.Write($"migrations/{file}.sql", $"create table {file[2..]} (id int); insert into {file[2..]} values (1)");
            Folder.Write($"migrations/down/{file}.sql", $"drop table {file[2..]}");
        }

        Assert.Null(Session.Run($"Invoke-Migration {Target}").Error);
    }

    [Fact]
    public void It_goes_back_to_a_version_says_what_goes_and_a_second_time_does_nothing()
    {
        string command = $"Undo-Migration {Target} -To 1 -AllowUnproven -Confirm:$false";

        SessionResult result = Session.Run($"{command}; {command}; Invoke-Migration {Target}");

        Assert.Null(result.Error);
        Assert.Equal(
            ["Succeeded 0 2 1", "NothingToDo 0 0 1", "Succeeded 2 0 3"],
            result.Output.Select(run => $"{run.Properties["Status"].Value} {Count(run, "Applied")} {Count(run, "Undone")} {run.Properties["Version"].Value}"));
        string database = Database.Application.Database;
        Assert.Equal(
            [
                $"{database} loses table c (1 row).",
                $"{database} loses table b (1 row).",
                "'down/3_c.sql' was never tried as it is now.",
                "'down/2_b.sql' was never tried as it is now.",
            ],
            result.Warnings);
    }

    [Fact]
    public void A_down_script_is_tried_first_and_refused_when_it_does_not_bring_back_what_was_there()
    {
        Folder.Write("migrations/down/2_b.sql", "select 1");

        SessionResult result = Session.Run(
            $"(Undo-Migration {Target} -Last 1 -Confirm:$false).Status; try {{ Undo-Migration {Target} -Last 1 -Confirm:$false }} catch {{ $_.FullyQualifiedErrorId; $_.Exception.Message }}");

        Assert.Equal("Succeeded", result.Output[0].ToString());
        Assert.StartsWith("DownScriptUnproven,", result.Output[1].ToString(), StringComparison.Ordinal);
        Assert.Contains("public.b", result.Output[2].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIf_prints_the_plan_and_takes_nothing_back()
    {
        string screen = Session.Show($"Undo-Migration {Target} -Last 2 -AllowUnproven -WhatIf; Undo-Migration {Target} -To 3 -WhatIf");

        string[] lines = [.. screen.Split('\n').Where(line => line.StartsWith("What if", StringComparison.Ordinal))];
        Assert.Equal(3, lines.Length);
        Assert.Contains("\"Undo 3_c.sql, which loses table c (1 row)\"", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"Undo 2_b.sql, which loses table b (1 row)\"", lines[1], StringComparison.Ordinal);
        Assert.Contains("\"Undo no migration, because '3' is the newest\"", lines[2], StringComparison.Ordinal);
        Assert.Equal("3", await Database.ScalarAsync<string>("select max(version) from supabase_migrations.schema_migrations"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-To 1 -Last 1")]
    public void It_must_be_said_how_far_to_go_back(string range)
    {
        SessionResult result = Session.Run($"Undo-Migration {Target} {range} -Confirm:$false; 'not reached'");

        Assert.Empty(result.Output);
        Assert.StartsWith("InvalidValue,", result.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("Give -To", result.Error?.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_down_script_stops_it_before_anything_runs()
    {
        File.Delete(Path.Combine(Folder.Path, "migrations", "down", "2_b.sql"));

        SessionResult result = Session.Run($"try {{ Undo-Migration {Target} -Last 2 -Confirm:$false }} catch {{ $_.FullyQualifiedErrorId }}; Get-Migration {Target} -State Applied");

        Assert.StartsWith("MigrationNotUndoable,", result.Output[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(4, result.Output.Count);
    }

    [Fact]
    public void Applied_versions_complete_with_Tab()
    {
        string command = $"Undo-Migration {Target} -To ";

        SessionResult result = Session.Run($"(TabExpansion2 \"{command}\" {command.Length}).CompletionMatches.CompletionText");

        Assert.Equal(["3", "2", "1"], result.Output.Select(value => value.ToString()));
    }

    private static object? Count(System.Management.Automation.PSObject run, string property) => ((System.Collections.ICollection)run.Properties[property].Value).Count;
}
