using System.Text.Json;
using System.Text.Json.Nodes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>A declared setting, by the API's own name.</summary>
/// <param name="Service">The service it belongs to.</param>
/// <param name="Key">Service and field: <c>auth.jwt_exp</c>.</param>
/// <param name="Value">The value; null to unset it, and for a secret.</param>
/// <param name="Secret">The text of a secret; null for everything else.</param>
internal sealed record CloudSetting(CloudService Service, string Key, JsonNode? Value, Secret? Secret)
{
    // The API lists only those that were changed, so that it cannot be asked which there are.
    private static readonly HashSet<string> s_postgresFields = new(StringComparer.Ordinal)
    {
        "effective_cache_size", "logical_decoding_work_mem", "maintenance_work_mem", "track_activity_query_size", "max_connections",
        "max_locks_per_transaction", "max_parallel_maintenance_workers", "max_parallel_workers", "max_parallel_workers_per_gather",
        "max_replication_slots", "max_slot_wal_keep_size", "max_standby_archive_delay", "max_standby_streaming_delay", "max_wal_size",
        "max_wal_senders", "max_worker_processes", "session_replication_role", "shared_buffers", "statement_timeout", "track_commit_timestamp",
        "wal_keep_size", "wal_sender_timeout", "work_mem", "checkpoint_timeout", "hot_standby_feedback",
    };

    // Declared for other places or other steps, and rightly in the same tables.
    private static readonly string[] s_notHere = ["functions.", "edge_runtime.", "db.seed.", "db.migrations."];

    /// <summary>The declared settings of <c>config.toml</c> that are of the platform's services.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.CloudSettingInvalid"/>, naming every key at once.</exception>
    public static IReadOnlyList<CloudSetting> Of(IReadOnlyList<DeclaredSetting> declared)
    {
        var settings = new List<CloudSetting>();
        var problems = new List<string>();
        foreach (DeclaredSetting setting in declared.Where(setting => !s_notHere.Any(prefix => setting.Key.StartsWith(prefix, StringComparison.Ordinal))))
        {
            try
            {
                (string Key, JsonNode? Value)? translated = CloudSettingNames.Translate(setting.Key, setting.Value is null ? null : JsonNode.Parse(setting.Value));
                if (translated is null)
                {
                    problems.Add($"'{setting.Key}' is no setting that this platform's services have");
                    continue;
                }

                CloudService service = CloudService.All.Single(service => translated.Value.Key.StartsWith(service.Name + ".", StringComparison.Ordinal));
                settings.Add(new CloudSetting(service, translated.Value.Key, translated.Value.Value, setting.Secret));
            }
            catch (FormatException e)
            {
                problems.Add($"'{setting.Key}' is '{setting.Value}', expected {e.Message}");
            }
        }

        problems.AddRange(settings.GroupBy(setting => setting.Key).Where(same => same.Count() > 1).Select(same => $"'{same.Key}' is declared twice, by its name in config.toml and by the API's"));
        return problems.Count == 0 ? settings : throw Invalid(problems);
    }

    /// <summary>Compares keys and kinds of values with what the platform has.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.CloudSettingInvalid"/>, naming every key at once.</exception>
    public static void EnsureTaken(IReadOnlyList<CloudSetting> declared, IReadOnlyDictionary<string, JsonNode?> current)
    {
        var problems = new List<string>();
        foreach (CloudSetting setting in declared)
        {
            bool isKnown = setting.Service == CloudService.Postgres ? s_postgresFields.Contains(setting.Key["database.".Length..]) : current.ContainsKey(setting.Key);
            if (!isKnown)
            {
                problems.Add($"'{setting.Key}' is no setting that this platform's services have");
            }
            else if (current.GetValueOrDefault(setting.Key) is { } now && setting.Value is { } value && Kind(now) != Kind(value))
            {
                problems.Add($"'{setting.Key}' is declared as {value.ToJsonString()}, expected {Kind(now)}");
            }
        }

        if (problems.Count > 0)
        {
            throw Invalid(problems);
        }
    }

    private static string Kind(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Number => "a number",
        _ => "text",
    };

    private static DeployException Invalid(List<string> problems) => new(
        ErrorTable.CloudSettingInvalid,
        $"The declared settings cannot be applied: {string.Join("; ", problems)}.",
        "Correct 'configuration' of the stage in env/pipeline.yml, or [remotes.*] in supabase/config.toml, and make a new release.",
        problems[0]);
}
