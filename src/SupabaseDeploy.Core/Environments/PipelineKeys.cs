namespace SupabaseDeploy.Environments;

/// <summary>
/// Every key <c>env/pipeline.yml</c> may have, by section. The reader takes no other, and a test keeps
/// <c>env/pipeline.schema.json</c> in agreement with it.
/// </summary>
internal static class PipelineKeys
{
    private static readonly string[] s_health = ["timeout", "passes", "window", "onInconclusive", "pause", "endpoints"];
    private static readonly string[] s_endpoint = ["name", "url", "status", "body", "latency"];

    public static IReadOnlyDictionary<string, string[]> Sections { get; } = new Dictionary<string, string[]>
    {
        [""] = ["application", "web", "health", "releases", "secrets", "stages"],
        ["releases"] = ["store", "endpoint", "region", "accessKey", "secretKey"],
        ["secrets"] = ["command", "timeout", "vault"],
        ["web"] = ["bundle", "keep"],
        ["health"] = s_health,
        ["health.endpoints[]"] = s_endpoint,
        ["stages[]"] = ["name", "target", "project", "database", "promoteFrom", "compose", "engine", "health", "gates", "backup", "migrations", "configuration", "accessToken", "api", "certificate", "secrets", "removeSecrets", "hosting"],
        ["stages[].health"] = s_health,
        ["stages[].health.endpoints[]"] = s_endpoint,
        ["stages[].gates"] = ["evidence", "soak", "approvals", "approvalsWithin", "drillWithin", "freeze"],
        ["stages[].gates.evidence[]"] = ["kind", "maxAge"],
        ["stages[].gates.freeze[]"] = ["reason", "from", "to", "days", "timeZone"],
        ["stages[].backup"] = ["before", "store", "keep"],
        ["stages[].backup.keep"] = ["daily", "weekly", "monthly"],
        ["stages[].configuration"] = ["take", "set"],
        ["stages[].hosting"] = ["bucket", "command", "variables", "url"],
        ["stages[].migrations"] = ["lockTimeout", "statementTimeout", "retries", "contract"],
    };
}
