using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Which keys of <c>config.toml</c> an engine honours. What <c>supabase init</c> writes asks for nothing that a stack lacks: neither what is
/// switched off nor what has no effect on an application is named. A star stands for the rest of a key, or for a name in its middle.
/// </summary>
internal static class HonouredKeys
{
    private static readonly string[] s_mail = ["enabled", "port", "smtp_port", "admin_email", "sender_name"];

    private static readonly string[] s_ours =
    [
        "project_id", "api.enabled", "api.port", "api.schemas", "api.extra_search_path", "api.max_rows", "api.auto_expose_new_tables",
        "db.port", "db.seed.*", "db.migrations.enabled", "realtime.enabled", "studio.enabled", "studio.port", .. s_mail.Select(key => $"inbucket.{key}"), .. s_mail.Select(key => $"local_smtp.{key}"),
        "storage.enabled", "storage.file_size_limit", "edge_runtime.enabled", "edge_runtime.secrets.*",
        "functions.*.enabled", "functions.*.verify_jwt", "functions.*.import_map", "functions.*.entrypoint",
        "auth.enabled", "auth.site_url", "auth.additional_redirect_urls", "auth.jwt_expiry", "auth.enable_signup", "auth.enable_anonymous_sign_ins",
        "auth.enable_manual_linking", "auth.enable_refresh_token_rotation", "auth.refresh_token_reuse_interval", "auth.minimum_password_length",
        "auth.email.enabled", "auth.email.enable_signup", "auth.email.enable_confirmations",
        "auth.sms.enabled", "auth.sms.enable_signup", "auth.sms.enable_confirmations",
    ];

    // How the CLI's own containers and commands do their work; an application sees nothing of it.
    private static readonly string[] s_withoutEffect =
    [
        "db.shadow_port", "db.health_timeout", "db.root_key", "db.network_restrictions.*", "realtime.ip_version", "realtime.max_header_length",
        "studio.api_url", "studio.openai_api_key", "storage.s3_protocol.*", "storage.analytics.*", "storage.vector.*",
        "edge_runtime.policy", "edge_runtime.inspector_port", "analytics.*", "experimental.*", "remotes.*",
    ];

    /// <summary>The keys that a project sets and an engine does not honour, in ordinal order.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="configuration">The project's configuration.</param>
    /// <param name="databaseVersion">The version of the server that runs; null when it is not known.</param>
    public static IReadOnlyList<string> Unmet(LocalStackEngine engine, SupabaseConfiguration configuration, string? databaseVersion)
    {
        if (engine == LocalStackEngine.SupabaseCli)
        {
            return [];
        }

        string[] honoured =
        [
            .. s_ours, .. s_withoutEffect, .. AuthSettings.Keys, .. MailTemplates.Keys, .. ProjectContent.Keys,
            .. engine == LocalStackEngine.Docker ? ["storage.image_transformation.enabled"] : Array.Empty<string>(),
        ];
        return
        [
            .. configuration.Keys.Where(key => (!honoured.Any(pattern => IsMatch(pattern, configuration.Parts(key))) || ProjectContent.IsEncrypted(configuration, key)) && IsAsked(configuration, key) && !IsMet(configuration, key, databaseVersion)),
        ];
    }

    /// <summary>The keys that read a variable which is not set, each with its variable: they count as absent. The CLI warns of its own.</summary>
    public static IReadOnlyList<string> Unset(LocalStackEngine engine, SupabaseConfiguration configuration) => engine == LocalStackEngine.SupabaseCli ? [] :
    [
        .. from key in configuration.Keys
           let variable = configuration.UnsetVariable(key)
           where variable is not null && IsAsked(configuration, key) && !s_withoutEffect.Any(pattern => IsMatch(pattern, configuration.Parts(key)))
           select $"{key} ({variable})",
    ];

    /// <summary>Names each kind in one warning.</summary>
    public static void Warn(LocalStackInfo stack, IProgressSink sink)
    {
        SupabaseConfiguration configuration = SupabaseConfiguration.Load(stack.Environment.Project);
        string? version = stack.Services.FirstOrDefault(service => service.Name == DatabaseService.ServiceName)?.Version;
        if (Unmet(stack.Engine, configuration, version) is { Count: > 0 } unmet)
        {
            sink.Publish(new Caution($"Engine '{stack.Engine}' does not honour what 'supabase/config.toml' says with {string.Join(", ", unmet)}."));
        }

        if (Unset(stack.Engine, configuration) is { Count: > 0 } unset)
        {
            sink.Publish(new Caution($"'supabase/config.toml' reads variables that are not set, and is taken as if it did not say {string.Join(", ", unset)}."));
        }
    }

    /// <summary>Whether a key asks for anything: it is not empty, and neither it nor a table it is in is switched off.</summary>
    private static bool IsAsked(SupabaseConfiguration configuration, string key)
    {
        if (configuration.Json(key) is null or "false" or "\"\"" or "[]")
        {
            return false;
        }

        IReadOnlyList<string> parts = configuration.Parts(key);
        return Enumerable.Range(1, parts.Count - 1).All(length => configuration.Json($"{string.Join('.', parts.Take(length))}.enabled") != "false");
    }

    private static bool IsMet(SupabaseConfiguration configuration, string key, string? databaseVersion) => key switch
    {
        "db.major_version" => databaseVersion is null
            || databaseVersion.Split('.')[0] == configuration.Number(key)!.Value.ToString(CultureInfo.InvariantCulture),
        "edge_runtime.deno_version" => configuration.Number(key) == 2,
        _ => false,
    };

    private static bool IsMatch(string pattern, IReadOnlyList<string> given)
    {
        string[] wanted = pattern.Split('.');
        int fixedParts = wanted[^1] == "*" ? wanted.Length - 1 : wanted.Length;
        return given.Count >= wanted.Length && (wanted[^1] == "*" || given.Count == wanted.Length)
            && Enumerable.Range(0, fixedParts).All(part => wanted[part] == "*" || wanted[part] == given[part]);
    }
}
