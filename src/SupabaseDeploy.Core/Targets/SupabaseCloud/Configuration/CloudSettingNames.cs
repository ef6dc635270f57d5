using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>
/// The settings of <c>config.toml</c> as the Management API names them. Names that are the same in both (most of <c>auth</c>, all of
/// <c>db.settings</c>) need no row, so that every field of the API can be declared by its own name too.
/// </summary>
internal static partial class CloudSettingNames
{
    private static readonly Dictionary<string, (string Key, SettingForm Form)> s_names = new(StringComparer.Ordinal)
    {
        ["api.schemas"] = ("api.db_schema", SettingForm.List),
        ["api.extra_search_path"] = ("api.db_extra_search_path", SettingForm.List),
        ["auth.additional_redirect_urls"] = ("auth.uri_allow_list", SettingForm.List),
        ["auth.jwt_expiry"] = ("auth.jwt_exp", SettingForm.Same),
        ["auth.enable_signup"] = ("auth.disable_signup", SettingForm.Not),
        ["auth.enable_anonymous_sign_ins"] = ("auth.external_anonymous_users_enabled", SettingForm.Same),
        ["auth.enable_manual_linking"] = ("auth.security_manual_linking_enabled", SettingForm.Same),
        ["auth.enable_refresh_token_rotation"] = ("auth.refresh_token_rotation_enabled", SettingForm.Same),
        ["auth.refresh_token_reuse_interval"] = ("auth.security_refresh_token_reuse_interval", SettingForm.Same),
        ["auth.minimum_password_length"] = ("auth.password_min_length", SettingForm.Same),
        ["auth.rate_limit.email_sent"] = ("auth.rate_limit_email_sent", SettingForm.Same),
        ["auth.rate_limit.sms_sent"] = ("auth.rate_limit_sms_sent", SettingForm.Same),
        ["auth.rate_limit.anonymous_users"] = ("auth.rate_limit_anonymous_users", SettingForm.Same),
        ["auth.rate_limit.token_refresh"] = ("auth.rate_limit_token_refresh", SettingForm.Same),
        ["auth.rate_limit.token_verifications"] = ("auth.rate_limit_verify", SettingForm.Same),
        ["auth.rate_limit.sign_in_sign_ups"] = ("auth.rate_limit_otp", SettingForm.Same),
        ["auth.rate_limit.web3"] = ("auth.rate_limit_web3", SettingForm.Same),
        ["auth.email.enable_signup"] = ("auth.external_email_enabled", SettingForm.Same),
        ["auth.email.enable_confirmations"] = ("auth.mailer_autoconfirm", SettingForm.Not),
        ["auth.email.double_confirm_changes"] = ("auth.mailer_secure_email_change_enabled", SettingForm.Same),
        ["auth.email.secure_password_change"] = ("auth.security_update_password_require_reauthentication", SettingForm.Same),
        ["auth.email.max_frequency"] = ("auth.smtp_max_frequency", SettingForm.Seconds),
        ["auth.email.otp_length"] = ("auth.mailer_otp_length", SettingForm.Same),
        ["auth.email.otp_expiry"] = ("auth.mailer_otp_exp", SettingForm.Same),
        ["auth.email.smtp.host"] = ("auth.smtp_host", SettingForm.Same),
        ["auth.email.smtp.port"] = ("auth.smtp_port", SettingForm.Text),
        ["auth.email.smtp.user"] = ("auth.smtp_user", SettingForm.Same),
        ["auth.email.smtp.pass"] = ("auth.smtp_pass", SettingForm.Same),
        ["auth.email.smtp.admin_email"] = ("auth.smtp_admin_email", SettingForm.Same),
        ["auth.email.smtp.sender_name"] = ("auth.smtp_sender_name", SettingForm.Same),
        ["auth.sms.enable_signup"] = ("auth.external_phone_enabled", SettingForm.Same),
        ["auth.sms.enable_confirmations"] = ("auth.sms_autoconfirm", SettingForm.Not),
        ["auth.sms.max_frequency"] = ("auth.sms_max_frequency", SettingForm.Seconds),
        ["auth.sms.template"] = ("auth.sms_template", SettingForm.Same),
        ["auth.sessions.timebox"] = ("auth.sessions_timebox", SettingForm.Hours),
        ["auth.sessions.inactivity_timeout"] = ("auth.sessions_inactivity_timeout", SettingForm.Hours),
        ["auth.mfa.max_enrolled_factors"] = ("auth.mfa_max_enrolled_factors", SettingForm.Same),
        ["auth.mfa.totp.enroll_enabled"] = ("auth.mfa_totp_enroll_enabled", SettingForm.Same),
        ["auth.mfa.totp.verify_enabled"] = ("auth.mfa_totp_verify_enabled", SettingForm.Same),
        ["auth.mfa.phone.enroll_enabled"] = ("auth.mfa_phone_enroll_enabled", SettingForm.Same),
        ["auth.mfa.phone.verify_enabled"] = ("auth.mfa_phone_verify_enabled", SettingForm.Same),
    };

    /// <summary>What the API needs in place of a value of <c>config.toml</c>.</summary>
    private enum SettingForm
    {
        Same,
        Not,
        List,
        Text,
        Seconds,
        Hours,
    }

    /// <summary>
    /// The setting by the API's name: <c>auth.jwt_exp</c>, <c>api.max_rows</c>, <c>database.max_connections</c>; null where nothing of the platform's
    /// services is meant.
    /// </summary>
    /// <param name="key">The key of <c>config.toml</c>.</param>
    /// <param name="value">Its value; null for a secret, whose text is used as it is.</param>
    /// <exception cref="FormatException">The value is none that the key can have.</exception>
    public static (string Key, JsonNode? Value)? Translate(string key, JsonNode? value)
    {
        if (s_names.TryGetValue(key, out (string Key, SettingForm Form) name))
        {
            return (name.Key, value is null ? null : Convert(name.Form, value));
        }

        if (Provider().Match(key) is { Success: true } provider)
        {
            return ($"auth.external_{provider.Groups["name"].Value}_{provider.Groups["field"].Value}", value);
        }

        string[] parts = key.Split('.');
        return parts switch
        {
            ["auth" or "api", _] => (key, value is JsonArray ? Convert(SettingForm.List, value) : value),
            ["db", "settings", var field] => ($"database.{field}", value),
            _ => null,
        };
    }

    private static JsonNode Convert(SettingForm form, JsonNode value) => form switch
    {
        SettingForm.Not when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => JsonValue.Create(!value.GetValue<bool>()),
        SettingForm.Not => throw new FormatException("true or false"),
        SettingForm.List when value is JsonArray list => JsonValue.Create(string.Join(',', list.Select(item => $"{item}"))),
        SettingForm.Text => JsonValue.Create(value.ToString()),
        SettingForm.Seconds => JsonValue.Create((long)Span(value).TotalSeconds),
        SettingForm.Hours => JsonValue.Create(Span(value).TotalHours),
        _ => value.DeepClone(),
    };

    private static TimeSpan Span(JsonNode value) =>
        Environments.Duration.TryParse(value.ToString(), out TimeSpan duration) ? duration : throw new FormatException("a duration like '1m'");

    [GeneratedRegex(@"^auth\.external\.(?<name>[a-z_]+)\.(?<field>enabled|client_id|secret|url|email_optional)$")]
    private static partial Regex Provider();
}
