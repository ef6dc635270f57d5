using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The settings of <c>[auth]</c> that are GoTrue's variables under another name (<see href="https://github.com/supabase/auth#configuration"/>).
/// Only what the project sets is among them: for the rest GoTrue's own defaults hold.
/// </summary>
internal static class AuthSettings
{
    private static readonly Dictionary<string, string> s_variables = new()
    {
        ["jwt_issuer"] = "JWT_ISSUER",
        ["email.double_confirm_changes"] = "MAILER_SECURE_EMAIL_CHANGE_ENABLED",
        ["email.secure_password_change"] = "SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION",
        ["email.otp_length"] = "MAILER_OTP_LENGTH",
        ["email.otp_expiry"] = "MAILER_OTP_EXP",
        ["email.max_frequency"] = "SMTP_MAX_FREQUENCY",
        ["sms.template"] = "SMS_TEMPLATE",
        ["sms.max_frequency"] = "SMS_MAX_FREQUENCY",
        ["rate_limit.email_sent"] = "RATE_LIMIT_EMAIL_SENT",
        ["rate_limit.sms_sent"] = "RATE_LIMIT_SMS_SENT",
        ["rate_limit.anonymous_users"] = "RATE_LIMIT_ANONYMOUS_USERS",
        ["rate_limit.token_refresh"] = "RATE_LIMIT_TOKEN_REFRESH",
        ["rate_limit.sign_in_sign_ups"] = "RATE_LIMIT_OTP",
        ["rate_limit.token_verifications"] = "RATE_LIMIT_VERIFY",
        ["rate_limit.web3"] = "RATE_LIMIT_WEB3",
        ["sessions.timebox"] = "SESSIONS_TIMEBOX",
        ["sessions.inactivity_timeout"] = "SESSIONS_INACTIVITY_TIMEOUT",
        ["mfa.max_enrolled_factors"] = "MFA_MAX_ENROLLED_FACTORS",
        ["mfa.totp.enroll_enabled"] = "MFA_TOTP_ENROLL_ENABLED",
        ["mfa.totp.verify_enabled"] = "MFA_TOTP_VERIFY_ENABLED",
        ["mfa.phone.enroll_enabled"] = "MFA_PHONE_ENROLL_ENABLED",
        ["mfa.phone.verify_enabled"] = "MFA_PHONE_VERIFY_ENABLED",
        ["mfa.phone.otp_length"] = "MFA_PHONE_OTP_LENGTH",
        ["mfa.phone.template"] = "MFA_PHONE_TEMPLATE",
        ["mfa.phone.max_frequency"] = "MFA_PHONE_MAX_FREQUENCY",
        ["mfa.web_authn.enroll_enabled"] = "MFA_WEB_AUTHN_ENROLL_ENABLED",
        ["mfa.web_authn.verify_enabled"] = "MFA_WEB_AUTHN_VERIFY_ENABLED",
        ["captcha.enabled"] = "SECURITY_CAPTCHA_ENABLED",
        ["captcha.provider"] = "SECURITY_CAPTCHA_PROVIDER",
        ["captcha.secret"] = "SECURITY_CAPTCHA_SECRET",
        ["web3.solana.enabled"] = "EXTERNAL_WEB3_SOLANA_ENABLED",
        ["web3.ethereum.enabled"] = "EXTERNAL_WEB3_ETHEREUM_ENABLED",
        ["email.smtp.host"] = "SMTP_HOST",
        ["email.smtp.port"] = "SMTP_PORT",
        ["email.smtp.user"] = "SMTP_USER",
        ["email.smtp.pass"] = "SMTP_PASS",
        ["email.smtp.admin_email"] = "SMTP_ADMIN_EMAIL",
        ["email.smtp.sender_name"] = "SMTP_SENDER_NAME",
    };

    private static readonly Dictionary<string, string> s_requirements = new()
    {
        ["letters_digits"] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:0123456789",
        ["lower_upper_letters_digits"] = "abcdefghijklmnopqrstuvwxyz:ABCDEFGHIJKLMNOPQRSTUVWXYZ:0123456789",
        ["lower_upper_letters_digits_symbols"] = """abcdefghijklmnopqrstuvwxyz:ABCDEFGHIJKLMNOPQRSTUVWXYZ:0123456789:!@#$%^&*()_+-=[]{};'\\:"|<>?,./`~""",
    };

    private static readonly string[] s_messengers = ["twilio", "twilio_verify", "messagebird", "textlocal", "vonage"];

    /// <summary>The keys that this honours, as <see cref="HonouredKeys"/> writes them.</summary>
    public static IReadOnlyList<string> Keys { get; } =
    [
        .. s_variables.Keys.Select(key => $"auth.{key}"), "auth.email.smtp.enabled", "auth.password_requirements", "auth.sms.test_otp.*",
        "auth.hook.*", "auth.external.*", .. s_messengers.Select(messenger => $"auth.sms.{messenger}.*"),
    ];

    /// <summary>The variables.</summary>
    /// <param name="configuration">What the project says.</param>
    /// <param name="authUrl">The URL of auth, as browsers reach it.</param>
    /// <param name="machine">The host that auth reaches programs of this machine by. URLs of hooks name it as containers do.</param>
    public static IReadOnlyDictionary<string, string> Of(SupabaseConfiguration configuration, string authUrl, string machine)
    {
        var variables = new Dictionary<string, string>();
        foreach ((string key, string variable) in s_variables)
        {
            bool isOff = key.StartsWith("email.smtp.", StringComparison.Ordinal) && configuration.Flag("auth.email.smtp.enabled") == false;
            Add(variable, isOff ? null : configuration.Scalar($"auth.{key}"));
        }

        Add("PASSWORD_REQUIRED_CHARACTERS", configuration.Text("auth.password_requirements") is { } name ? s_requirements.GetValueOrDefault(name) : null);
        Add("SMS_TEST_OTP", Pairs(configuration, "auth.sms.test_otp"));
        foreach (string hook in configuration.Names("auth.hook"))
        {
            AddAll($"HOOK_{hook}", $"auth.hook.{hook}");
            string uri = $"GOTRUE_HOOK_{hook.ToUpperInvariant()}_URI";
            if (Uri.TryCreate(variables.GetValueOrDefault(uri), UriKind.Absolute, out Uri? written) && written.Host == ServiceContext.MachineOfContainers)
            {
                variables[uri] = new UriBuilder(written) { Host = machine }.Uri.AbsoluteUri;
            }
        }

        foreach (string provider in configuration.Names("auth.external"))
        {
            AddAll($"EXTERNAL_{provider}", $"auth.external.{provider}");
            string redirect = $"GOTRUE_EXTERNAL_{provider.ToUpperInvariant()}_REDIRECT_URI";
            variables.TryAdd(redirect, $"{authUrl}/callback");
        }

        foreach (string messenger in s_messengers.Where(messenger => configuration.Flag($"auth.sms.{messenger}.enabled") == true))
        {
            Add("SMS_PROVIDER", messenger);
            AddAll($"SMS_{messenger}", $"auth.sms.{messenger}");
        }

        return variables;

        void Add(string variable, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                variables[$"GOTRUE_{variable.ToUpperInvariant()}"] = value;
            }
        }

        void AddAll(string prefix, string table)
        {
            foreach (string key in configuration.Keys.Where(key => key.StartsWith(table + ".", StringComparison.Ordinal)))
            {
                Add($"{prefix}_{key[(table.Length + 1)..]}", configuration.Scalar(key));
            }
        }
    }

    private static string? Pairs(SupabaseConfiguration configuration, string table)
    {
        string[] pairs = [.. configuration.Keys.Where(key => key.StartsWith(table + ".", StringComparison.Ordinal)).Select(key => $"{key[(table.Length + 1)..]}:{configuration.Scalar(key)}")];
        return pairs.Length == 0 ? null : string.Join(',', pairs);
    }
}
