using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// What <c>supabase status --output-format json</c> says of a running project: an object of texts, <c>DB_URL</c>, <c>API_URL</c>,
/// <c>PUBLISHABLE_KEY</c> and so on, without those of services that the project has switched off. The containers that do not run are named
/// on standard error, as <c>Stopped services: [supabase_imgproxy_app supabase_vector_app]</c>.
/// </summary>
internal sealed record SupabaseCliStatus
{
    private const string StoppedServices = "Stopped services: [";

    /// <summary>The database as <c>postgres</c>.</summary>
    public required DatabaseAddress Database { get; init; }

    /// <summary>The API's base URL; null when the project has no API.</summary>
    public Uri? Api { get; init; }

    /// <summary>Supabase Studio; null when the project has none.</summary>
    public Uri? Studio { get; init; }

    /// <summary>The mail server's web page; null when the project has none.</summary>
    public Uri? Mail { get; init; }

    /// <summary>The project's keys; null when it has no API.</summary>
    public LocalKeys? Keys { get; init; }

    /// <summary>The containers that do not run.</summary>
    public IReadOnlyList<string> Stopped { get; init; } = [];

    /// <summary>Reads an answer.</summary>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.SupabaseCliAnswerInvalid"/>; the message never shows the answer, which holds keys.</exception>
    public static SupabaseCliStatus Parse(string output, string error)
    {
        Dictionary<string, string> values;
        try
        {
            using JsonDocument document = JsonDocument.Parse(output);
            values = document.RootElement.EnumerateObject()
                .Where(property => property.Value.ValueKind == JsonValueKind.String)
                .ToDictionary(property => property.Name, property => property.Value.GetString()!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid("it is no JSON object", e);
        }

        string? Value(string name) => values.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;
        DatabaseAddress database = ParseDatabase(Value("DB_URL") ?? throw Invalid("it has no 'DB_URL'"));
        return new SupabaseCliStatus
        {
            Database = database,
            Api = Url("API_URL", Value("API_URL")),
            Studio = Url("STUDIO_URL", Value("STUDIO_URL")),
            Mail = Url("MAILPIT_URL", Value("MAILPIT_URL") ?? Value("INBUCKET_URL")),
            Keys = Value("JWT_SECRET") is { } jwt && Value("PUBLISHABLE_KEY") is { } publishable && Value("SECRET_KEY") is { } secret
                && Value("ANON_KEY") is { } anon && Value("SERVICE_ROLE_KEY") is { } service
                ? new LocalKeys
                {
                    JwtSecret = new Secret(jwt),
                    PublishableKey = publishable,
                    SecretKey = new Secret(secret),
                    ServicePassword = database.Password ?? new Secret(""),
                    AnonKey = anon,
                    ServiceRoleKey = new Secret(service),
                }
                : null,
            Stopped = StoppedOf(error),
        };
    }

    private static string[] StoppedOf(string error) => error.Split('\n').FirstOrDefault(line => line.StartsWith(StoppedServices, StringComparison.Ordinal)) is { } line
        ? line[StoppedServices.Length..].Trim().TrimEnd(']').Split(' ', StringSplitOptions.RemoveEmptyEntries)
        : [];

    private static DatabaseAddress ParseDatabase(string url)
    {
        try
        {
            return DatabaseAddress.Parse(url);
        }
        catch (DeployException e)
        {
            throw Invalid("its 'DB_URL' is no database URL", e);
        }
    }

    private static Uri? Url(string name, string? text) => text is null ? null
        : Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url
        : throw Invalid($"its '{name}' is no URL");

    private static DeployException Invalid(string why, Exception? inner = null) => new(
        ErrorTable.SupabaseCliAnswerInvalid,
        $"The Supabase CLI's answer to 'supabase status' cannot be used: {why}.",
        "Run 'supabase status --output-format json' to see it, and install version 3 of the CLI where yours is older.",
        null,
        inner);
}
