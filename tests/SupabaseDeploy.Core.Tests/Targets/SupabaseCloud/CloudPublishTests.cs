using SupabaseDeploy.Core.Tests.Deployments;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets.SupabaseCloud;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>Whole deployments to a hosted project: API and storage played on this machine, the database a real one.</summary>
public sealed class CloudPublishTests
{
    private const string Everything = """
        hosting: { bucket: web }
        secrets: { STRIPE_KEY: "${secret:STRIPE}" }
        configuration: { set: { auth.jwt_expiry: 1800 } }
        """;

    [Fact]
    public async Task A_release_is_published_whole_and_again_with_nothing_to_do()
    {
        await using CloudApplication application = await CreateAsync();
        Release release = await application.ReleaseAsync();

        Deployment first = await application.PublishAsync(release);

        Assert.True(first.Status == DeploymentStatus.Succeeded, $"{first.Reason} {first.Failure}");
        Assert.Equal(["lock", "preflight", "migrate", "functions", "configuration", "web", "health"], first.Steps.Select(step => step.Name).Where(name => name != "record"));
        Assert.Equal("export const v = 1;", application.Staging.Source("hello", "supabase/functions/hello/index.ts"));
        Assert.Equal("sk_hunter2", application.Staging.Secrets["STRIPE_KEY"]);
        Assert.Equal("1800", application.Staging.Auth["jwt_exp"]!.ToJsonString());
        Assert.Contains("one", System.Text.Encoding.UTF8.GetString(application.Storage.Objects("web")["index.html"].Content), StringComparison.Ordinal);
        Assert.Equal(0L, await application.Database.ScalarAsync<long>("select count(*) from public.t1"));

        int asked = application.Api.Requests.Count;
        Deployment second = await application.PublishAsync(release);
        Assert.Equal((DeploymentStatus.Succeeded, false), (second.Status, second.Changed));
        Assert.InRange(application.Api.Requests.Count - asked, 1, 60); // The platform lets in 120 a minute.
        Assert.Equal(1, application.Staging.Activations);
        Assert.DoesNotContain("hunter2", string.Join('\n', application.Sink.Events.Select(each => each.ToString()).Concat(first.Steps.Select(step => step.Message))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_the_dashboard_changes_in_between_is_left_as_it_is_and_undoes_nothing()
    {
        await using CloudApplication application = await CloudApplication.CreateAsync(
            "configuration: { set: { auth.jwt_expiry: 1800, auth.enable_signup: false, auth.minimum_password_length: 12 } }");
        application.WriteMigration(1);
        application.Staging.Auth["password_min_length"] = 6;
        application.Staging.Auth["disable_signup"] = true;
        application.Staging.Auth["jwt_exp"] = 3600;
        var dashboard = new ActingSink(each =>
        {
            if (each is DeploymentStepStarted { Step: "configuration" })
            {
                application.Staging.Auth["disable_signup"] = false;
                application.Staging.Auth["jwt_exp"] = 900;
            }
        });

        Deployment published = await application.PublishAsync(await application.ReleaseAsync(), sink: dashboard);

        Assert.True(published.Status == DeploymentStatus.Succeeded, $"{published.Status} {published.Reason}");
        Assert.Contains("auth.disable_signup: false → true; auth.jwt_exp: 900 → 1800", Assert.Single(published.Events).Message, StringComparison.Ordinal);
        Assert.Equal("auth.password_min_length: 6 → 12.", published.Steps.Single(step => step.Name == StepName.Configuration).Message);
        Assert.Equal(("false", "900"), (application.Staging.Auth["disable_signup"]!.ToJsonString(), application.Staging.Auth["jwt_exp"]!.ToJsonString()));
        Assert.Equal("12", application.Staging.Auth["password_min_length"]!.ToJsonString());
    }

    [Theory]
    [InlineData("database.session_replication_role")]
    [InlineData("auth.security_captcha_enabled")]
    [InlineData("auth.hook_custom_access_token_uri")]
    [InlineData("auth.hook_send_email_enabled")]
    [InlineData("auth.security_manual_linking_enabled")]
    [InlineData("auth.smtp_host")]
    [InlineData("auth.password_min_length")]
    [InlineData("auth.sms_test_otp")]
    [InlineData("auth.mfa_totp_verify_enabled")]
    [InlineData("auth.external_keycloak_url")]
    [InlineData("auth.external_email_enabled")]
    public void A_setting_that_lets_strangers_in_or_locks_users_out_has_a_reason_to_ask(string key) => Assert.NotNull(DangerousSettings.Reason(key));

    [Theory]
    [InlineData("auth.smtp_sender_name")]
    [InlineData("auth.hook_send_email_secrets")]
    [InlineData("auth.sms_template")]
    [InlineData("database.statement_timeout")]
    public void Any_other_setting_is_an_ordinary_one(string key) => Assert.Null(DangerousSettings.Reason(key));

    [Fact]
    public async Task A_release_that_is_not_healthy_goes_back_in_everything()
    {
        await using CloudApplication application = await CreateAsync();
        Release one = await application.ReleaseAsync();
        await application.PublishAsync(one);
        Release two = await SecondReleaseAsync(application);
        application.Staging.Services["auth"] = "UNHEALTHY";

        Deployment failed = await application.PublishAsync(two);

        Assert.True(failed.Status == DeploymentStatus.RolledBack, $"{failed.Status} {failed.Reason}");
        Assert.Contains("platform auth", failed.Reason, StringComparison.Ordinal);
        await AssertIsFirstAsync(application, one);
    }

    [Fact]
    public async Task Going_back_brings_the_release_before_in_everything()
    {
        await using CloudApplication application = await CreateAsync();
        Release one = await application.ReleaseAsync();
        await application.PublishAsync(one);
        Deployment second = await application.PublishAsync(await SecondReleaseAsync(application));
        Assert.Equal(DeploymentStatus.Succeeded, second.Status);
        Assert.Equal(["extra", "hello"], application.Staging.Slugs);

        Deployment back = await application.RollBackAsync();

        Assert.True(back.Status == DeploymentStatus.Succeeded, back.Reason);
        await AssertIsFirstAsync(application, one);
    }

    [Fact]
    public async Task A_function_that_cannot_be_bundled_leaves_all_functions_as_they_were()
    {
        await using CloudApplication application = await CreateAsync();
        Release one = await application.ReleaseAsync();
        await application.PublishAsync(one);
        foreach (string slug in (string[])["a", "b", "c", "d"])
        {
            application.WriteFunction(slug, "export const x = 1;");
        }

        application.Staging.Unbundleable.Add("c");
        Deployment failed = await application.PublishAsync(await application.ReleaseAsync());

        Assert.True(failed.Status == DeploymentStatus.RolledBack || failed is { Status: DeploymentStatus.Failed, Changed: false }, $"{failed.Status} {failed.Reason}");
        Assert.Contains("Function 'c' could not be bundled", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(["hello"], application.Staging.Slugs);
        Assert.Equal(1, application.Staging.Activations);
    }

    [Theory]
    [InlineData("INACTIVE", "Resume the project")]
    [InlineData("RESTORING", "Wait until the platform")]
    public async Task A_project_that_is_not_at_work_is_not_published_to(string status, string remedy)
    {
        await using CloudApplication application = await CreateAsync();
        Release release = await application.ReleaseAsync();
        application.Staging.Status = status;
        var failure = await Assert.ThrowsAsync<DeployException>(() => application.PublishAsync(release));
        Assert.Equal(ErrorTable.ProjectNotActive, failure.Code);
        Assert.Contains(remedy, failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_point_is_made_before_the_first_change()
    {
        await using CloudApplication application = await CreateAsync(Everything + "\nbackup: { before: true }");
        application.Staging.PendingPolls = 3;
        Deployment deployment = await application.PublishAsync(await application.ReleaseAsync());
        DeploymentStep step = deployment.Steps.Single(step => step.Name == StepName.RestorePoint);
        Assert.StartsWith("Restore point sd-", step.Message, StringComparison.Ordinal);
        Assert.Contains("Functions, secrets, settings and stored files stay", step.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_without_restore_points_has_a_backup_instead()
    {
        await using CloudApplication application = await CreateAsync(Everything + "\nbackup: { before: true }");
        application.Staging.HasRestorePoints = false;
        Deployment deployment = await application.PublishAsync(await application.ReleaseAsync());
        Assert.Equal("Backup backup-1.", deployment.Steps.Single(step => step.Name == StepName.Backup).Message);
    }

    [Fact]
    public async Task What_the_platform_says_of_its_services_is_part_of_the_health()
    {
        await using CloudApplication application = await CreateAsync();
        await application.PublishAsync(await application.ReleaseAsync());
        application.Staging.Services["realtime"] = "UNHEALTHY";
        application.Staging.Services["rest"] = "COMING_UP";
        DeploymentHealth health = await new HealthChecker(application.Targets).CheckAsync(application.Environment, null, default);
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains(health.Checks, check => check is { Check: "platform realtime", Status: HealthStatus.Degraded, Message: "The platform says that it is unhealthy: realtime does not answer." });
        Assert.Contains(health.Checks, check => check is { Check: "platform auth", Status: HealthStatus.Healthy });

        application.Staging.Services["auth"] = "UNHEALTHY";
        Assert.Equal(HealthStatus.Failed, (await new HealthChecker(application.Targets).CheckAsync(application.Environment, null, default)).Status);
    }

    private static async Task<CloudApplication> CreateAsync(string settings = Everything)
    {
        CloudApplication application = await CloudApplication.CreateAsync();
        application.Secret("STRIPE", "sk_hunter2");
        application.Declare(settings);
        application.WriteMigration(1);
        application.WriteFunction("hello", "export const v = 1;");
        application.WriteWeb("3f9a1c22", "one");
        return application;
    }

    private static async Task<Release> SecondReleaseAsync(CloudApplication application)
    {
        application.WriteMigration(2);
        application.WriteFunction("hello", "export const v = 2;");
        application.WriteFunction("extra", "export const e = 1;");
        application.WriteWeb("77aa01bc", "two");
        application.Declare(Everything.Replace("1800", "900", StringComparison.Ordinal));
        return await application.ReleaseAsync();
    }

    private static async Task AssertIsFirstAsync(CloudApplication application, Release one)
    {
        Assert.Equal("export const v = 1;", application.Staging.Source("hello", "supabase/functions/hello/index.ts"));
        Assert.Equal(["hello"], application.Staging.Slugs);
        Assert.Equal("1800", application.Staging.Auth["jwt_exp"]!.ToJsonString());
        Assert.Contains("one", System.Text.Encoding.UTF8.GetString(application.Storage.Objects("web")["index.html"].Content), StringComparison.Ordinal);
        Assert.Equal(one.Id, await application.Target.GetServedReleaseAsync(default));
        Assert.Equal("1", await application.Database.ScalarAsync<string>("select string_agg(ltrim(version, '0'), ',') from supabase_migrations.schema_migrations"));
    }
}
