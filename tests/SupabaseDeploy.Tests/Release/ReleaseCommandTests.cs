using System.Management.Automation;
using SupabaseDeploy.Tests.Deployment;

namespace SupabaseDeploy.Tests.Release;

public sealed class ReleaseCommandTests
{
    [Fact]
    public void The_same_content_is_one_release_and_is_found_by_its_first_digits()
    {
        using var project = new PublishSession(isStarted: false);

        Assert.Equal(["True", "False", "1"], project.Lines("(New-Release).Changed; (New-Release).Changed; @(Get-Release).Count"));
        Assert.Equal(["courses 1 1"], project.Lines("Get-Release (Get-Release).Id.Substring(0, 5) | ForEach-Object { \"$($_.Application) $($_.Migrations.Count) $($_.Web.Files.Count)\" }"));
        Assert.Equal("ReleaseNotFound", project.Run("Get-Release ffffffffffffff").Error!.FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void A_damaged_release_hides_no_other_and_is_an_error_but_which_is_the_newest_is_not_known()
    {
        using var project = new PublishSession(isStarted: false);
        string damaged = project.Lines("(New-Release).Path").Single();
        project.WriteVersion(2);
        string whole = project.Lines("(New-Release).Id").Single();
        File.AppendAllText(Path.Combine(damaged, "manifest.json"), " ");

        SessionResult listed = project.Run("Get-Release | ForEach-Object Id");

        Assert.Equal([whole], listed.Output.Select(each => each.ToString()));
        Assert.StartsWith("ReleaseDamaged,", listed.Errors.Single().FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal([whole], project.Lines($"(Get-Release {whole[..12]}).Id"));
        SessionResult latest = project.Run("Get-Release -Latest; 'went on'");
        Assert.StartsWith("ReleaseDamaged,", latest.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(latest.Output);
    }

    [Theory]
    [InlineData("Get-Release -Latest | Publish-Environment staging")]
    [InlineData("Get-DeploymentBackup staging -Latest | Test-DeploymentBackup -MaxRpo 1h")]
    [InlineData("Test-DeploymentBackup staging -MaxRpo 1h")]
    [InlineData("Test-DeploymentHealth stagin -FailOn Failed")]
    [InlineData("Test-Environment stagin -FailOn Error")]
    public void What_was_to_be_promoted_or_tested_and_is_not_there_stops_the_script(string line)
    {
        using var project = new PublishSession(isStarted: false);

        SessionResult result = project.Run(line + "; 'went on'");

        Assert.NotNull(result.Error);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("Publish-Environment staging -Release $nothing -WhatIf")]
    [InlineData("Restore-Deployment staging -Release $nothing -WhatIf")]
    [InlineData("Approve-Deployment staging -Release $nothing -WhatIf")]
    [InlineData("Get-Deployment staging -Release $nothing")]
    [InlineData("Test-DeploymentHealth staging -Release $nothing")]
    [InlineData("Get-Release $nothing")]
    public void A_variable_that_is_empty_by_mistake_does_not_stand_for_the_newest_release_or_all_of_them(string line)
    {
        using var project = new PublishSession(isStarted: false);
        project.Lines("New-Release");

        SessionResult result = project.Run(line);

        Assert.Contains("'' is not a release: give its id", result.Error!.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void Going_past_gates_asks_for_a_reason_that_says_something_and_for_gates_where_a_list_is_given()
    {
        using var project = new PublishSession(isStarted: false);
        project.Lines("New-Release");

        Assert.StartsWith("InvalidValue,", project.Run("Publish-Environment staging -Force -Reason ' ' -WhatIf").Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ParameterArgumentValidationError,", project.Run("Publish-Environment staging -Force -Reason why -Gate @() -WhatIf").Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_releases_do_not_overwrite_each_other_in_one_file()
    {
        using var project = new PublishSession(isStarted: false);
        project.Lines("New-Release");
        project.WriteVersion(2);
        project.Lines("New-Release");
        string file = Path.Combine(project.Root, "out");

        Assert.Contains("is no folder that exists, and a file holds one release, not 2", project.Run("Get-Release -ExportTo out").Error!.Exception.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        Assert.NotNull(project.Run("Get-Release | Get-Release -ExportTo out").Error);
        File.Delete(file);
        Directory.CreateDirectory(file);
        Assert.Equal(2, project.Lines("Get-Release -ExportTo out").Length);
        Assert.Equal(2, Directory.GetFiles(file).Length);
    }

    [Fact]
    public void What_the_disk_does_is_not_reported_as_a_defect()
    {
        using var project = new PublishSession(isStarted: false);
        Directory.CreateDirectory(Path.Combine(project.Root, ".supabase-deploy"));
        File.WriteAllText(Path.Combine(project.Root, ".supabase-deploy", "releases"), "a file where a folder has to be");

        ErrorRecord error = project.Run("New-Release").Error!;

        Assert.StartsWith("FileAccessFailed,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("Check that ", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.IsType<IOException>(error.Exception.InnerException, exactMatch: false);
    }

    [Fact]
    public void Several_environments_where_one_is_taken_are_refused_in_words()
    {
        using var project = new PublishSession(isStarted: false);

        Assert.Contains("'staging, production' names several environments: give one", project.Run("Publish-Environment staging, production").Error!.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("its database does not run", project.Run("Publish-Environment @('staging') -Release (New-Release)").Error!.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_release_is_tested_without_an_environment_and_a_failed_check_stops_the_script()
    {
        using var project = new PublishSession(isStarted: false);

        Assert.Equal(["rehearsal True "], project.Lines("Test-Release (New-Release) | ForEach-Object { \"$($_.Check) $($_.IsPassed) $($_.Evidence)\" }"));
        Assert.Matches(@"Release +Environment +Check +Passed +Duration +Message", project.Show("Get-Release -Latest | Test-Release -Check functions"));

        File.WriteAllText(Path.Combine(project.Root, "migrations", "002_bad.sql"), "alter table missing add column a int;");
        SessionResult failed = project.Run("New-Release | Test-Release -Check rehearsal; 'went on'");
        Assert.Single(failed.Output);
        Assert.StartsWith("RequirementNotMet,", failed.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_release_travels_as_a_file_and_through_a_shared_folder()
    {
        using var here = new PublishSession(isStarted: false);
        using var there = new PublishSession(isStarted: false);
        string shared = Path.Combine(here.Root, "shared");
        Directory.CreateDirectory(shared);

        string id = Assert.Single(here.Lines($"$r = New-Release; $null = $r | Get-Release -ExportTo '{shared}'; $null = $r | Get-Release -ExportTo no.gz -WhatIf; $r.Id"));
        Assert.False(File.Exists(Path.Combine(here.Root, "no.gz")));
        string file = Assert.Single(Directory.GetFiles(shared, "*.release.tar.gz"));
        Assert.Equal([$"True {id}"], there.Lines($"New-Release -Import '{file}' | ForEach-Object {{ \"$($_.Changed) $($_.Id)\" }}"));

        foreach (PublishSession machine in (PublishSession[])[here, there])
        {
            string pipeline = Path.Combine(machine.Root, "env", "pipeline.yml");
            File.WriteAllText(pipeline, $"releases: {{ store: '{shared}' }}\n{File.ReadAllText(pipeline)}");
        }

        here.WriteVersion(2);
        string second = Assert.Single(here.Lines("(New-Release).Id"));
        Assert.Equal([second], there.Lines("(Get-Release -Latest).Id"));
        Assert.Equal([$"rehearsal {second}"], there.Lines("Get-Release -Latest | Test-Release -Check rehearsal | ForEach-Object { \"$($_.Check) $($_.Release.Id)\" }"));
    }

    [Fact]
    public void WhatIf_makes_nothing()
    {
        using var project = new PublishSession(isStarted: false);

        Assert.Empty(project.Lines("New-Release -WhatIf"));
        Assert.Empty(project.Lines("Get-Release"));
    }

    [Fact]
    public void A_bundle_can_be_named_and_has_to_exist()
    {
        using var project = new PublishSession(isStarted: false);
        Directory.CreateDirectory(Path.Combine(project.Root, "other"));
        File.WriteAllText(Path.Combine(project.Root, "other", "index.html"), "other");

        Assert.Equal(["5"], project.Lines("(New-Release -WebBundle other).Web.Files[0].Size"));
        Assert.Equal("WebBundleNotFound", project.Run("New-Release -WebBundle nowhere").Error!.FullyQualifiedErrorId.Split(',')[0]);
    }
}
