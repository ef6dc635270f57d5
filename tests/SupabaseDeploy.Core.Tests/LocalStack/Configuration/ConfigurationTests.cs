using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class ConfigurationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Settings_of_auth_are_variables_of_GoTrue()
    {
        SupabaseConfiguration configuration = Load(
            """
            [auth]
            password_requirements = "letters_digits"
            [auth.email]
            otp_length = 8
            double_confirm_changes = true
            [auth.email.smtp]
            enabled = false
            host = "smtp.example"
            [auth.email.template.invite]
            subject = "Come in"
            content_path = "./invite.html"
            [auth.sms.test_otp]
            4152127777 = "123456"
            [auth.sms.twilio]
            enabled = true
            account_sid = "AC1"
            [auth.sms.vonage]
            enabled = false
            api_key = "no"
            [auth.rate_limit]
            sign_in_sign_ups = 9
            [auth.mfa.totp]
            enroll_enabled = true
            [auth.hook.custom_access_token]
            enabled = true
            uri = "pg-functions://postgres/public/hook"
            [auth.external.google]
            enabled = true
            client_id = "id"
            secret = "s"
            skip_nonce_check = true
            [auth.external.gitlab]
            enabled = true
            redirect_uri = "https://app.example/back"
            """);

        Assert.Equal(
            [
                "GOTRUE_EXTERNAL_GITLAB_ENABLED=true",
                "GOTRUE_EXTERNAL_GITLAB_REDIRECT_URI=https://app.example/back",
                "GOTRUE_EXTERNAL_GOOGLE_CLIENT_ID=id",
                "GOTRUE_EXTERNAL_GOOGLE_ENABLED=true",
                "GOTRUE_EXTERNAL_GOOGLE_REDIRECT_URI=http://127.0.0.1:1/auth/v1/callback",
                "GOTRUE_EXTERNAL_GOOGLE_SECRET=s",
                "GOTRUE_EXTERNAL_GOOGLE_SKIP_NONCE_CHECK=true",
                "GOTRUE_HOOK_CUSTOM_ACCESS_TOKEN_ENABLED=true",
                "GOTRUE_HOOK_CUSTOM_ACCESS_TOKEN_URI=pg-functions://postgres/public/hook",
                "GOTRUE_MAILER_OTP_LENGTH=8",
                "GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED=true",
                "GOTRUE_MFA_TOTP_ENROLL_ENABLED=true",
                "GOTRUE_PASSWORD_REQUIRED_CHARACTERS=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:0123456789",
                "GOTRUE_RATE_LIMIT_OTP=9",
                "GOTRUE_SMS_PROVIDER=twilio",
                "GOTRUE_SMS_TEST_OTP=4152127777:123456",
                "GOTRUE_SMS_TWILIO_ACCOUNT_SID=AC1",
                "GOTRUE_SMS_TWILIO_ENABLED=true",
            ],
            AuthSettings.Of(configuration, "http://127.0.0.1:1/auth/v1", "127.0.0.1").Select(variable => $"{variable.Key}={variable.Value}").Order(StringComparer.Ordinal));
        Assert.Empty(HonouredKeys.Unmet(LocalStackEngine.Embedded, configuration, null));
    }

    [Theory]
    [InlineData("http://host.docker.internal:54321/functions/v1/send-email?a=b%20c", "127.0.0.1", "http://127.0.0.1:54321/functions/v1/send-email?a=b%20c")]
    [InlineData("http://host.docker.internal/hook", "127.0.0.1", "http://127.0.0.1/hook")]
    [InlineData("http://host.docker.internal:54321/hook", "host.docker.internal", "http://host.docker.internal:54321/hook")]
    [InlineData("https://host.docker.internal.example/hook", "127.0.0.1", "https://host.docker.internal.example/hook")]
    [InlineData("pg-functions://postgres/public/Hook", "127.0.0.1", "pg-functions://postgres/public/Hook")]
    public void A_hook_reaches_this_machine_from_wherever_auth_runs(string written, string machine, string given)
    {
        SupabaseConfiguration configuration = Load($"[auth.hook.send_email]\nenabled = true\nuri = \"{written}\"\n");

        Assert.Equal(given, AuthSettings.Of(configuration, "http://127.0.0.1:1/auth/v1", machine)["GOTRUE_HOOK_SEND_EMAIL_URI"]);
    }

    [Fact]
    public void Mails_of_the_projects_own_are_given_to_GoTrue_by_URL()
    {
        var project = new ProjectFolder(_folder.Path);
        SupabaseConfiguration configuration = Load(
            """
            [auth.email.template.invite]
            subject = "Come in"
            content_path = "./supabase/templates/invite.html"
            [auth.email.template.recovery]
            subject = "Back again"
            [auth.email.notification.password_changed]
            enabled = true
            subject = "Changed"
            content_path = "./templates/changed.html"
            [auth.email.notification.phone_changed]
            enabled = false
            content_path = "./templates/nowhere.html"
            """);
        DeployException missing = Assert.Throws<DeployException>(() => MailTemplates.Files(configuration, project));
        string invite = _folder.Write("supabase/templates/invite.html", "<p>Come</p>"), changed = _folder.Write("supabase/templates/changed.html", "<p>New</p>");

        Assert.StartsWith("'auth.email.template.invite.content_path' in 'supabase/config.toml' names file '", missing.Message, StringComparison.Ordinal);
        Assert.Equal(
            new Dictionary<string, string> { ["invite"] = invite, ["password_changed_notification"] = changed }, MailTemplates.Files(configuration, project));
        Assert.Equal(
            [
                "GOTRUE_MAILER_NOTIFICATIONS_PASSWORD_CHANGED_ENABLED=true",
                "GOTRUE_MAILER_SUBJECTS_INVITE=Come in",
                "GOTRUE_MAILER_SUBJECTS_PASSWORD_CHANGED_NOTIFICATION=Changed",
                "GOTRUE_MAILER_SUBJECTS_RECOVERY=Back again",
                "GOTRUE_MAILER_TEMPLATES_INVITE=http://api-gw:1/_gateway/mail/invite",
                "GOTRUE_MAILER_TEMPLATES_PASSWORD_CHANGED_NOTIFICATION=http://api-gw:1/_gateway/mail/password_changed_notification",
                "GOTRUE_MAILER_TEMPLATE_RELOADING_ENABLED=true",
            ],
            MailTemplates.Variables(configuration, project, "http://api-gw:1").Select(variable => $"{variable.Key}={variable.Value}").Order(StringComparer.Ordinal));
        Assert.Empty(HonouredKeys.Unmet(LocalStackEngine.Docker, configuration, null));
    }

    [Fact]
    public void Only_what_is_asked_for_and_lacking_is_named_for_each_engine()
    {
        SupabaseConfiguration configuration = Load(
            """
            project_id = "shop"
            [api.tls]
            enabled = true
            cert_path = "./cert.pem"
            [db]
            major_version = 14
            [db.migrations]
            enabled = true
            schema_paths = ["./schemas/*.sql"]
            [db.pooler]
            enabled = false
            port = 54329
            [db.vault]
            key = "env(KEY)"
            sealed = "encrypted:BAs"
            [storage.image_transformation]
            enabled = true
            [storage.buckets.images]
            public = true
            objects_path = "./images"
            [storage.buckets."my.bucket"]
            public = true
            [functions.hello]
            verify_jwt = false
            static_files = ["a.html"]
            [auth.passkey]
            enabled = false
            [analytics]
            enabled = true
            """);

        Assert.Equal(
            ["api.tls.cert_path", "api.tls.enabled", "db.major_version", "db.migrations.schema_paths", "db.vault.sealed", "functions.hello.static_files", "storage.buckets.images.objects_path", "storage.image_transformation.enabled"],
            HonouredKeys.Unmet(LocalStackEngine.Embedded, configuration, "17.6"));
        Assert.Equal(
            ["api.tls.cert_path", "api.tls.enabled", "db.migrations.schema_paths", "db.vault.sealed", "functions.hello.static_files", "storage.buckets.images.objects_path"],
            HonouredKeys.Unmet(LocalStackEngine.Docker, configuration, "14.2"));
        Assert.Empty(HonouredKeys.Unmet(LocalStackEngine.SupabaseCli, configuration, "17.6"));
    }

    [Fact]
    public void A_variable_that_is_not_set_is_named_where_its_value_is_wanted()
    {
        _folder.Write("supabase/.env", "SITE=http://localhost:3000\n");
        SupabaseConfiguration configuration = Load(
            """
            [studio]
            openai_api_key = "env(SUPABASE_DEPLOY_NOWHERE)"
            [auth]
            site_url = "env(SITE)"
            [auth.external.github]
            enabled = true
            secret = "env(SUPABASE_DEPLOY_NOWHERE)"
            [auth.external.apple]
            enabled = false
            secret = "env(SUPABASE_DEPLOY_NOWHERE)"
            """);

        Assert.Equal(["auth.external.github.secret (SUPABASE_DEPLOY_NOWHERE)"], HonouredKeys.Unset(LocalStackEngine.Embedded, configuration));
        Assert.Empty(HonouredKeys.Unset(LocalStackEngine.SupabaseCli, configuration));
    }

    public void Dispose() => _folder.Dispose();

    private SupabaseConfiguration Load(string toml)
    {
        _folder.Write("supabase/config.toml", toml);
        return SupabaseConfiguration.Load(new ProjectFolder(_folder.Path));
    }
}
