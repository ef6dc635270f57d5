using System.Text.RegularExpressions;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Deployment;

/// <summary>Going back where no down script leads: a real backup of a real stack, chosen, shown, restored and measured by the command.</summary>
public sealed class RestoreByBackupTests
{
    private const string Ledger = "Get-Deployment staging | ForEach-Object { \"$($_.Number) $($_.Kind) $($_.Status)\" }";
    private const string Page = "[System.Net.Http.HttpClient]::new().GetStringAsync((Get-LocalStack staging).Url).Result";

    [Fact]
    public async Task A_backup_is_the_way_when_no_down_script_is_there_and_what_it_cost_is_counted()
    {
        using var project = new PublishSession();
        string first = Assert.Single(project.Lines("New-Release | Publish-Environment staging | ForEach-Object { $_.Release.Id }"));
        project.Lines("Backup-Deployment staging");
        project.WriteVersion(2);
        File.Delete(Path.Combine(project.Root, "migrations", "down", "002_add_t2.sql"));
        project.Lines("New-Release | Publish-Environment staging");
        await project.ExecuteAsync("staging", "insert into public.t1 values (3), (4), (5); delete from public.t1 where id = 1");

        // What would be done, and at what cost, before anything is asked or done.
        Assert.Equal(
            ["CodeOnly False", "DownScripts False", "Backup True", "Backup"],
            project.Lines("$plan = Restore-Deployment staging -WhatIf; $plan.Ways | ForEach-Object { \"$($_.Strategy) $($_.IsPossible)\" }; \"$($plan.Way.Strategy)\""));
        string question = project.Show("Restore-Deployment staging -WhatIf").ReplaceLineEndings("");
        Assert.Contains("Backup is the way that costs least of those that lead there: not CodeOnly, because migration 002 was applied since; not DownScripts, because ", question, StringComparison.Ordinal);
        Assert.Contains("This loses 4 rows, and every other change of the last ", question, StringComparison.Ordinal);
        SessionResult asked = project.Run("Restore-Deployment staging");
        Assert.NotNull(asked.Error); // This session's host cannot ask.
        Assert.Equal(["1 Publish Succeeded", "2 Publish Succeeded"], project.Lines(Ledger));

        Assert.Equal(["Restore Succeeded " + first], project.Lines("Restore-Deployment staging -Confirm:$false | ForEach-Object { \"$($_.Kind) $($_.Status) $($_.Release.Id)\" }"));

        Assert.Equal(["<h1>version 1: ready</h1>"], project.Lines(Page));
        Assert.Equal("1,2", await project.ScalarAsync<string>("staging", "select string_agg(id::text, ',' order by id) from public.t1"));
        Assert.True(await project.ScalarAsync<bool>("staging", "select to_regclass('public.t2') is null"));
        Assert.Equal(["1 Publish Succeeded", "2 Publish Succeeded", "3 Restore Succeeded"], project.Lines(Ledger));
        string lost = Assert.Single(project.Lines("Get-Deployment staging | Where-Object Kind -eq Restore | ForEach-Object { $_.Events } | Where-Object Kind -eq loss | ForEach-Object { $_.Message }"));
        Assert.StartsWith("4 rows are lost (public.t1 4 → 2, public.t2 2 → 0), and every other change of the ", lost, StringComparison.Ordinal);

        // The chain of evidence goes on, and the second run finds nothing to do.
        Assert.Equal(["Succeeded False"], project.Lines($"Restore-Deployment staging -Release {first} -Confirm:$false | ForEach-Object {{ \"$($_.Status) $($_.Changed)\" }}"));
        Assert.Equal(3, project.Lines(Ledger).Length);
        Assert.NotEmpty(project.Lines($"(Get-Release {first}).Evidence | ForEach-Object {{ $_.Kind }}"));
        Assert.StartsWith("NothingToRestore", project.Run("Restore-Deployment staging -Confirm:$false").Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_remedy_of_a_ledger_that_was_changed_leads_out_of_it()
    {
        using var project = new PublishSession();
        project.Lines("$release = New-Release; $release | Publish-Environment staging");
        await project.ExecuteAsync("staging", "insert into public.t1 values (7)");
        await project.ExecuteAsync(
            "staging",
            "alter table supabase_deploy.evidence disable trigger user; update supabase_deploy.evidence set content = content || ' ' where sequence = 1; alter table supabase_deploy.evidence enable trigger user");
        project.WriteVersion(2);

        SessionResult refused = project.Run("New-Release | Publish-Environment staging");
        Assert.StartsWith("LedgerBroken", refused.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        string[] remedy = [.. Regex.Matches(refused.Error.ErrorDetails.RecommendedAction, "'([A-Z][a-z]+-[^']+)'").Select(match => match.Groups[1].Value)];
        Assert.Equal(["Backup-Deployment staging", "Restore-Deployment staging -Backup latest"], remedy);
        foreach (string command in remedy)
        {
            project.Lines($"$ConfirmPreference = 'None'; {command}");
        }

        Assert.Equal(["Publish Succeeded"], project.Lines("New-Release | Publish-Environment staging | ForEach-Object { \"$($_.Kind) $($_.Status)\" }"));
        Assert.Equal("1,2,7", await project.ScalarAsync<string>("staging", "select string_agg(id::text, ',' order by id) from public.t1"));
        Assert.Equal(["1 Restore Succeeded", "2 Publish Succeeded"], project.Lines(Ledger));
        Assert.Single(project.Lines("(Get-Deployment staging)[0].Events | Where-Object Message -like 'A new ledger begins*' | ForEach-Object { $_.Message }"));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(project.Root, ".supabase-deploy", "restores"), "*-ledger.jsonl").Length);
        Assert.Empty(project.Lines("Test-Environment staging | Where-Object File -eq ledger"));
    }
}
