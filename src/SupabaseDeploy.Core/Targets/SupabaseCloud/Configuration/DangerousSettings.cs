namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>Settings that can let anybody in, lock users out or end sessions, each with the reason for whoever is asked.</summary>
internal static class DangerousSettings
{
    private const string SmtpReason = "is how mails are sent; a wrong value locks out whoever needs a link or code from one";
    private const string LimitReason = "decides how fast codes can be guessed; too low a limit locks users out";

    // By how their names begin and end: the platform adds hooks, factors and providers. What is secret is not shown, so that asking about it says nothing.
    private static readonly (string Start, string[] Ends, string Reason)[] s_families =
    [
        ("auth.hook_", ["_enabled", "_uri"], "hands a part of signing in to other code, which can lock users out or let strangers in"),
        ("auth.mfa_", ["_enabled"], "decides whether users who have this second factor can sign in, or new ones can have it"),
        ("auth.mfa_", ["_otp_length"], "decides how hard a second factor's code is to guess"),
        ("auth.external_", ["_enabled", "_client_id", "_client_ids", "_url"], "decides who can sign in with a provider"),
        ("auth.external_", ["_skip_nonce_check"], "decides whether a provider's token that was stolen can be used again"),
        ("auth.external_", ["_email_optional"], "decides whether a provider's users without an address are let in"),
    ];

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
        ["auth.security_captcha_enabled"] = "decides whether a captcha is asked for; a client that sends none is locked out",
        ["auth.security_captcha_provider"] = "is whose captcha counts; a client that sends another's is locked out",
        ["auth.security_manual_linking_enabled"] = "decides whether a session can add another way to sign in to its account",
        ["auth.security_refresh_token_reuse_interval"] = "is how long a refresh token may be used again, also a stolen one",
        ["auth.security_sb_forwarded_for_enabled"] = "decides whose word counts for the address that limits are kept by",
        ["auth.password_min_length"] = "decides how weak a password may be",
        ["auth.password_required_characters"] = "decides how weak a password may be",
        ["auth.password_hibp_enabled"] = "decides whether a password that is known to be stolen is taken",
        ["auth.mailer_secure_email_change_enabled"] = "decides whether a stolen session can move an account to another address",
        ["auth.mailer_otp_exp"] = "is how long a link or code from a mail lets somebody in",
        ["auth.mailer_otp_length"] = "decides how hard a code from a mail is to guess",
        ["auth.sms_otp_exp"] = "is how long a code from a message lets somebody in",
        ["auth.sms_otp_length"] = "decides how hard a code from a message is to guess",
        ["auth.sms_test_otp"] = "lets in whoever knows a number and the code that is written here",
        ["auth.sms_test_otp_valid_until"] = "is how long the codes that are written in the settings let somebody in",
        ["auth.sms_provider"] = "is who sends the codes; a wrong one locks out whoever needs one",
        ["auth.smtp_host"] = SmtpReason,
        ["auth.smtp_port"] = SmtpReason,
        ["auth.smtp_user"] = SmtpReason,
        ["auth.smtp_admin_email"] = SmtpReason,
        ["auth.rate_limit_otp"] = LimitReason,
        ["auth.rate_limit_verify"] = LimitReason,
        ["auth.rate_limit_token_refresh"] = LimitReason,
        ["auth.saml_enabled"] = "decides whether users of an organisation's own sign-in get in",
        ["auth.saml_external_url"] = "is where an organisation's sign-in comes back to; a wrong one locks out its users",
        ["auth.passkey_enabled"] = "decides whether users can sign in with a passkey",
        ["auth.webauthn_rp_id"] = "is what passkeys are bound to; those of another are lost",
        ["auth.webauthn_rp_origins"] = "decides which sites may ask for a passkey",
        ["auth.oauth_server_enabled"] = "decides whether other applications can get tokens of users",
        ["auth.oauth_server_allow_dynamic_registration"] = "decides whether anybody can register an application that gets tokens of users",
        ["auth.custom_oauth_enabled"] = "decides whether users can sign in with providers of one's own",
        ["database.session_replication_role"] = "decides whether triggers and foreign keys do anything; 'replica' turns them off for everybody",
        ["api.db_schema"] = "decides which schemas are open to the API",
    };

    /// <summary>Why the key matters; null when it is an ordinary one.</summary>
    public static string? Reason(string key) => s_reasons.GetValueOrDefault(key) ?? s_families
        .FirstOrDefault(family => key.StartsWith(family.Start, StringComparison.Ordinal) && family.Ends.Any(end => key.EndsWith(end, StringComparison.Ordinal)))
        .Reason;
}
