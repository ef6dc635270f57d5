using System.Globalization;
using System.Text;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>The values that a definition may name in braces. A doubled brace stands for itself.</summary>
internal sealed class ServiceValues
{
    private readonly Dictionary<string, string> _values = [];

    /// <summary>Sets a value.</summary>
    public string this[string name]
    {
        set => _values[name] = value;
    }

    public static ServiceValues Of(ServiceContext context)
    {
        ServiceValues values = OfStack(context);
        values.AddAuth(context);
        values.AddMailAndStorage(context.Configuration);
        return values;
    }

    private static ServiceValues OfStack(ServiceContext context) => new()
    {
        ["project"] = context.Environment.Project.Root,
        ["application"] = context.Environment.Application,
        ["functions"] = context.FunctionsFolder,
        ["publishedFunctions"] = context.Folder.PublishedFunctions,
        ["functionSettings"] = FunctionSettings.ToJson(context),
        ["functionSecrets"] = FunctionSettings.SecretsToJson(context),
        ["gateway"] = context.GatewayFolder,
        ["state"] = context.Folder.Root,
        ["gatewayUrl"] = $"http://127.0.0.1:{Text(context.GatewayPort)}",
        ["databaseHost"] = context.Database.Host,
        ["databasePort"] = Text(context.Database.Port),
        ["databaseName"] = context.Database.Database,
        ["databaseUser"] = context.Database.User,
        ["databasePassword"] = context.Database.Password?.Reveal() ?? "",
        ["administrator"] = context.Administration.User,
        ["administratorPassword"] = context.Administration.Password?.Reveal() ?? "",
        ["servicePassword"] = context.Keys.ServicePassword.Reveal(),
        ["jwtSecret"] = context.Keys.JwtSecret.Reveal(),
        ["derivedSecret"] = context.Keys.DerivedSecret.Reveal(),
        ["anonKey"] = context.Keys.AnonKey,
        ["serviceRoleKey"] = context.Keys.ServiceRoleKey.Reveal(),
        ["publishableKey"] = context.Keys.PublishableKey,
        ["secretKey"] = context.Keys.SecretKey.Reveal(),
        ["apiSchemas"] = string.Join(',', context.Configuration.Texts("api.schemas") ?? ["public", "graphql_public"]),
        ["apiSearchPath"] = string.Join(',', context.Configuration.Texts("api.extra_search_path") ?? ["public", "extensions"]),
        ["apiMaxRows"] = Text(context.Configuration.Number("api.max_rows") ?? 1000),
    };

    /// <summary>The text with its values filled in.</summary>
    /// <exception cref="InvalidOperationException">It names a value that there is not: a defect of the definition.</exception>
    public string Fill(string text)
    {
        var filled = new StringBuilder();
        for (int at = 0; at < text.Length; at++)
        {
            char character = text[at];
            if (character is '{' or '}' && at + 1 < text.Length && text[at + 1] == character)
            {
                filled.Append(character);
                at++;
            }
            else if (character == '{')
            {
                int end = text.IndexOf('}', at);
                string name = text[(at + 1)..end];
                filled.Append(_values.TryGetValue(name, out string? value) ? value : throw new InvalidOperationException($"'{text}' names '{name}', which is no value of a stack."));
                at = end;
            }
            else
            {
                filled.Append(character);
            }
        }

        return filled.ToString();
    }

    // The defaults are those of the file that 'supabase init' writes.
    private void AddAuth(ServiceContext context)
    {
        SupabaseConfiguration configuration = context.Configuration;
        this["authSiteUrl"] = configuration.Text("auth.site_url") ?? $"http://127.0.0.1:{Text(context.GatewayPort)}";
        this["authRedirectUrls"] = string.Join(',', configuration.Texts("auth.additional_redirect_urls") ?? []);
        this["authJwtExpiry"] = Text(configuration.Number("auth.jwt_expiry", 1) ?? 3600);
        this["authDisableSignup"] = Text(configuration.Flag("auth.enable_signup") == false);
        this["authEmail"] = Text(configuration.Flag("auth.email.enabled") ?? configuration.Flag("auth.email.enable_signup") ?? true);
        this["authEmailAutoConfirm"] = Text(configuration.Flag("auth.email.enable_confirmations") != true);
        this["authPhone"] = Text(configuration.Flag("auth.sms.enabled") ?? configuration.Flag("auth.sms.enable_signup") ?? false);
        this["authPhoneAutoConfirm"] = Text(configuration.Flag("auth.sms.enable_confirmations") != true);
        this["authAnonymous"] = Text(configuration.Flag("auth.enable_anonymous_sign_ins") ?? false);
        this["authPasswordLength"] = Text(configuration.Number("auth.minimum_password_length", 6) ?? 6);
        this["authTokenRotation"] = Text(configuration.Flag("auth.enable_refresh_token_rotation") ?? true);
        this["authTokenReuse"] = Text(configuration.Number("auth.refresh_token_reuse_interval") ?? 10);
        this["authManualLinking"] = Text(configuration.Flag("auth.enable_manual_linking") ?? false);
    }

    private void AddMailAndStorage(SupabaseConfiguration configuration)
    {
        this["mailSender"] = configuration.Text("inbucket.admin_email") ?? "admin@email.com";
        this["mailSenderName"] = configuration.Text("inbucket.sender_name") ?? "Admin";
        this["mailFrequency"] = configuration.Text("auth.email.max_frequency") ?? "1s";
        this["storageFileSizeLimit"] = (configuration.Size("storage.file_size_limit") ?? 50 * 1024 * 1024).ToString(CultureInfo.InvariantCulture);
    }

    private static string Text(bool flag) => flag ? "true" : "false";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
