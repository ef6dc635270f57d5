namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>Settings that can let anybody in, lock users out or end sessions, each with the reason for whoever is asked.</summary>
internal static class DangerousSettings
{
    private static readonly Dictionary<string, string> s_reasons = new(StringComparer.Ordinal)
    {
        ["auth.disable_signup"] = "decides whether anybody can become a user",
        ["auth.external_anonymous_users_enabled"] = "decides whether anybody gets a session without an account",
        ["auth.external_email_enabled"] = "decides whether users can sign in by e-mail at all",
        ["auth.external_phone_enabled"] = "decides whether users can sign in by phone at all",
        ["auth.mailer_autoconfirm"] = "decides whether an address has to be confirmed before it can sign in",
        ["auth.mailer_allow_unverified_email_sign_ins"] = "decides whether an unconfirmed address can sign in",
        ["auth.sms_autoconfirm"] = "decides whether a number has to be confirmed before it can sign in",
        ["auth.jwt_exp"] = "changes how long a stolen token can be used, and how often clients have to renew theirs",
        ["auth.refresh_token_rotation_enabled"] = "decides whether a stolen refresh token is noticed",
        ["auth.security_update_password_require_reauthentication"] = "decides whether a stolen session can change the password",
        ["auth.sessions_timebox"] = "ends sessions that are older",
        ["auth.sessions_inactivity_timeout"] = "ends sessions that were not used for that long",
        ["auth.sessions_single_per_user"] = "ends all sessions of a user but the last",
        ["auth.site_url"] = "is where links in mails lead; a wrong one locks out whoever needs one",
        ["auth.uri_allow_list"] = "decides to which addresses tokens may be handed on",
        ["api.db_schema"] = "decides which schemas are open to the API",
    };

    /// <summary>Why the key matters; null when it is an ordinary one.</summary>
    public static string? Reason(string key) => s_reasons.GetValueOrDefault(key);
}
