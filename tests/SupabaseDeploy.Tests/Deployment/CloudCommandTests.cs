using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Deployment;

/// <summary>The commands on hosted stages, as a person at a prompt has them.</summary>
public sealed class CloudCommandTests : IAsyncLifetime
{
    private const string Settings = """
        hosting: { bucket: web }
        secrets: { STRIPE_KEY: "${secret:STRIPE}" }
        """;

    private CloudApplication _application = null!;
    private ModuleSession _session = null!;

    public async ValueTask InitializeAsync()
    {
        _application = await CloudApplication.CreateAsync("", "staging", "production");
        _application.Secret("STRIPE", "sk_hunter2");
        _application.Declare(Settings);
        _application.WriteMigration(1);
        _application.WriteFunction("hello", "export const v = 1;");
        _application.WriteWeb("3f9a1c22", "one");
        _session = new ModuleSession(_application.Project.Root);
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await _application.DisposeAsync();
    }

    [Fact]
    public void A_release_goes_to_a_hosted_stage_and_is_healthy_there()
    {
        string[] lines = Lines("New-Release | Publish-Environment staging | ForEach-Object { \"$($_.Status) $($_.Changed) $($_.Steps.Name -join ' ')\" }");
        Assert.StartsWith("Succeeded True lock preflight migrate functions configuration web health", Assert.Single(lines), StringComparison.Ordinal);
        Assert.Equal("sk_hunter2", _application.Staging.Secrets["STRIPE_KEY"]);
        Assert.Contains("platform auth Healthy", Lines("Test-DeploymentHealth staging | ForEach-Object { \"$($_.Check) $($_.Status)\" }"));
        Assert.DoesNotContain("hunter2", _session.Show("Get-Deployment staging | ForEach-Object { $_.Steps }"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dangerous_setting_is_asked_about_by_name()
    {
        _application.Declare(Settings + "\nconfiguration: { set: { auth.enable_signup: false } }");
        SessionResult asked = _session.Run("New-Release | Publish-Environment staging");
        Assert.Contains("not supported", $"{asked.Error}", StringComparison.Ordinal); // There is nobody to answer the question.
        Assert.Equal("false", _application.Staging.Auth["disable_signup"]!.ToJsonString());
        Assert.Contains(
            ", which changes auth.disable_signup: false → true (decides whether anybody can become a user)",
            _session.Show("Publish-Environment staging -WhatIf").ReplaceLineEndings(""),
            StringComparison.Ordinal);
        string plan = string.Join('\n', Lines("Publish-Environment staging -WhatIf | ForEach-Object { $_.Configuration } | ForEach-Object { \"$($_.Key) $($_.IsDangerous) $($_.Remark)\" }"));
        Assert.Contains("auth.disable_signup True decides whether anybody can become a user", plan, StringComparison.Ordinal);

        Lines("Publish-Environment staging -Confirm:$false");
        Assert.Equal("true", _application.Staging.Auth["disable_signup"]!.ToJsonString());
    }

    [Fact]
    public void Two_hosted_stages_are_compared_in_everything()
    {
        Lines("New-Release | Publish-Environment staging");
        ManagementApiProject production = _application.ProjectOf("production");
        production.Auth["jwt_exp"] = 60;
        production.Auth["smtp_pass"] = "hunter2";
        production.DatabaseVersion = "15.6.1.1";
        production.ApiKeys.Add(("default", "publishable", "sb_publishable_x"));
        production.AddSecret("LEFT_OVER", "hunter2");
        production.AddFunction("hello", "by hand");
        _application.Staging.AddFunction("own", "one");
        production.AddFunction("own", "another");
        string[] differences = Lines("Compare-Environment staging production | ForEach-Object { \"$($_.Severity) $_\" }");
        string all = string.Join('\n', differences);
        Assert.Contains("High Table public.t1: only in staging", differences);
        Assert.Contains("High Migration 001: only in staging", differences);
        Assert.Contains("Low ServerVersion PostgreSQL: differs", differences);
        Assert.Contains("Medium EdgeFunction hello: differs", differences);
        Assert.Contains("Medium EdgeFunction own: differs", differences);
        Assert.Contains("High Setting auth.jwt_exp: differs", differences);
        Assert.Contains("Medium Setting auth.smtp_pass: differs", differences);
        Assert.Contains("High Secret STRIPE_KEY: only in staging", differences);
        Assert.Contains("High Secret LEFT_OVER: only in production", differences);
        Assert.Contains("Low ApiKey publishable default: only in production", differences);
        Assert.DoesNotContain("hunter2", all + _session.Show("Compare-Environment staging production | Format-List"), StringComparison.Ordinal);
        Assert.Equal(["Secret LEFT_OVER", "Secret STRIPE_KEY"], Lines("Compare-Environment staging production -Kind Secret | ForEach-Object { \"$($_.Kind) $($_.Name)\" }"));
    }

    [Fact]
    public void Without_an_access_token_a_comparison_warns_and_a_gate_does_not_pass()
    {
        string file = Path.Combine(_application.Project.Root, "env", "pipeline.yml");
        File.WriteAllLines(file, File.ReadAllLines(file).Where(line => !line.Contains("accessToken:", StringComparison.Ordinal)));

        SessionResult compared = _session.Run("Compare-Environment staging production");
        SessionResult gate = _session.Run("Compare-Environment staging production -FailOn Medium");
        SessionResult narrow = _session.Run("Compare-Environment staging production -FailOn Medium -Kind Table");

        Assert.True(compared.Error is null, $"{compared.Error}");
        Assert.Contains("no access token for functions, settings, secrets, keys and history of 'staging'", Assert.Single(compared.Warnings), StringComparison.Ordinal);
        Assert.Contains("no access token for functions, settings, secrets, keys and history of 'staging'", $"{gate.Error}", StringComparison.Ordinal);
        Assert.Null(narrow.Error);
    }

    [Fact]
    public async Task A_restore_point_is_named_and_its_limits_are_said_before_it_is_gone_back_to()
    {
        await _application.Target.RestorePoints!.CreateAsync("sd-1", _application.Sink, CancellationToken.None);
        string question = _session.Show("Restore-Deployment staging -RestorePoint sd-1 -WhatIf").ReplaceLineEndings("");
        Assert.Contains("Bring the database back to restore point sd-1.", question, StringComparison.Ordinal);
        Assert.Contains("This loses everything written since 2026-11-23 05:00:00Z.", question, StringComparison.Ordinal);
        Assert.Equal(
            ["Restore restore: Everything written since 2026-11-23 05:00:00Z."],
            Lines("Restore-Deployment staging -RestorePoint sd-1 -WhatIf | ForEach-Object { \"$($_.Kind) $($_.Steps.Name): $($_.DataLoss)\" }"));
        Assert.Equal(["sd-1"], Lines("$text = 'Restore-Deployment staging -RestorePoint s'; ([System.Management.Automation.CommandCompletion]::CompleteInput($text, $text.Length, $null)).CompletionMatches | ForEach-Object CompletionText"));
        Assert.Empty(_application.Staging.Restores);

        SessionResult refused = _session.Run("Restore-Deployment staging -RestorePoint sd-2 -Confirm:$false");
        Assert.StartsWith("NothingToRestore", refused.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("'sd-1'", refused.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Going_back_takes_the_restore_point_where_no_down_script_leads_there_and_brings_the_code_after_it()
    {
        _application.Declare(Settings + "\nbackup: { before: true }");
        string first = Assert.Single(Lines("New-Release | Publish-Environment staging | ForEach-Object { $_.Release.Id }"));
        _application.WriteMigration(2, hasDownScript: false);
        _application.WriteFunction("hello", "export const v = 2;");
        Lines("New-Release | Publish-Environment staging");
        _application.Staging.OnRestore = async _ =>
        {
            await _application.Database.ExecuteAsync("drop table public.t2; delete from supabase_migrations.schema_migrations where version = '002'");
            await _application.Database.ExecuteAsync("alter schema supabase_deploy rename to gone");
        };
        string question = _session.Show("Restore-Deployment staging -WhatIf").ReplaceLineEndings("");
        Assert.Contains("RestorePoint is the way that costs least of those that lead there: not CodeOnly, because", question, StringComparison.Ordinal);
        Assert.Contains("This loses Everything written since", question, StringComparison.Ordinal);
        Assert.Empty(_application.Staging.Restores);

        Assert.Equal(["Rollback Succeeded " + first], Lines("Restore-Deployment staging -Confirm:$false | ForEach-Object { \"$($_.Kind) $($_.Status) $($_.Release.Id)\" }"));

        Assert.Equal("export const v = 1;", _application.Staging.Source("hello", "supabase/functions/hello/index.ts"));
        Assert.Equal(
            ["1 Publish Succeeded", "2 Publish Succeeded", "3 Restore Succeeded", "4 Rollback Succeeded"],
            Lines("Get-Deployment staging | ForEach-Object { \"$($_.Number) $($_.Kind) $($_.Status)\" }"));
        Assert.Equal(["Succeeded False"], Lines($"Restore-Deployment staging -Release {first} -Confirm:$false | ForEach-Object {{ \"$($_.Status) $($_.Changed)\" }}"));
    }

    [Fact]
    public async Task A_restore_whose_code_cannot_follow_is_written_all_the_same_and_finished_by_the_same_command()
    {
        _application.Declare(Settings + "\nbackup: { before: true }");
        string first = Assert.Single(Lines("New-Release | Publish-Environment staging | ForEach-Object { $_.Release.Id }"));
        _application.WriteMigration(2, hasDownScript: false);
        _application.WriteFunction("hello", "export const v = 2;");
        Lines("New-Release | Publish-Environment staging");
        _application.Staging.OnRestore = async _ => await _application.Database.ExecuteAsync("alter schema supabase_deploy rename to gone");

        SessionResult half = _session.Run("Restore-Deployment staging -Confirm:$false");

        Assert.StartsWith("HistoryInconsistent", half.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("The database of 'staging' was brought back", half.Error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("Restore Succeeded", string.Join(' ', half.Output.Select(each => $"{each.Properties["Kind"].Value} {each.Properties["Status"].Value}")));
        Assert.Equal("export const v = 2;", _application.Staging.Source("hello", "supabase/functions/hello/index.ts"));

        await _application.Database.ExecuteAsync("drop table public.t2; delete from supabase_migrations.schema_migrations where version = '002'");
        Assert.Equal(["Rollback Succeeded " + first], Lines("Restore-Deployment staging -Confirm:$false | ForEach-Object { \"$($_.Kind) $($_.Status) $($_.Release.Id)\" }"));
        Assert.Equal("export const v = 1;", _application.Staging.Source("hello", "supabase/functions/hello/index.ts"));
    }

    [Fact]
    public void A_revoked_token_says_what_to_do()
    {
        Lines("New-Release");
        _application.Api.Token = new Environments.Secret("sbp_another");
        SessionResult refused = _session.Run("Publish-Environment staging");
        Assert.StartsWith("ApiTokenRefused", refused.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("https://supabase.com/dashboard/account/tokens", refused.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    private string[] Lines(string script)
    {
        SessionResult result = _session.Run(script);
        Assert.True(result.Error is null, $"{script}: {result.Error}");
        return [.. result.Output.Select(value => $"{value}")];
    }
}
