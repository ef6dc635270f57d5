using System.Text.Json;
using System.Text.Json.Nodes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>The settings of a project's services and the secrets of its functions. What nobody declared is neither read into a plan nor sent.</summary>
internal sealed class CloudConfiguration(DeploymentEnvironment environment, ManagementApi api, TimeProvider time) : IPlaceConfiguration
{
    private static readonly TimeSpan s_consistencyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    private readonly SettingSecrets _secrets = new(environment.ProjectReference!);
    private readonly FunctionSecrets _functionSecrets = new(environment, api);

    public async Task<IReadOnlyList<ConfigurationChange>> PlanAsync(Release release, CancellationToken cancellationToken)
    {
        IReadOnlyList<CloudSetting> declared = CloudSetting.Of(release.Configuration.Resolve(environment));
        _secrets.Remember(declared);
        IReadOnlyDictionary<string, JsonNode?> current = await ReadAsync(declared.Select(setting => setting.Service), cancellationToken).ConfigureAwait(false);
        CloudSetting.EnsureTaken(declared, current);
        var changes = new List<ConfigurationChange>();
        foreach (CloudSetting setting in declared)
        {
            JsonNode? now = current.GetValueOrDefault(setting.Key);
            if (setting.Secret is { } secret ? !_secrets.IsSame(now, secret) : !IsSame(now, setting.Value))
            {
                changes.Add(Describe(setting, now));
            }
        }

        changes.AddRange(await _functionSecrets.PlanAsync(cancellationToken).ConfigureAwait(false));
        return [.. changes.OrderBy(change => change.Key, StringComparer.Ordinal)];
    }

    public async Task ApplyAsync(IReadOnlyList<ConfigurationChange> changes, IProgressSink sink, CancellationToken cancellationToken)
    {
        ConfigurationChange[] settings = [.. changes.Where(change => !FunctionSecrets.IsOne(change))];
        ConfigurationChange[] open = [.. await StillOpenAsync(settings, cancellationToken).ConfigureAwait(false)];
        foreach (CloudService service in CloudService.All)
        {
            ConfigurationChange[] own = [.. open.Where(change => ServiceOf(change.Key) == service)];
            if (own.Length > 0)
            {
                sink.Publish(new Detail($"Changing {string.Join(", ", own.Select(change => change.Key))}."));
                await SendAsync(service, own, cancellationToken).ConfigureAwait(false);
            }
        }

        await _functionSecrets.ApplyAsync([.. changes.Where(FunctionSecrets.IsOne)], sink, cancellationToken).ConfigureAwait(false);
        await WaitUntilReadAsync([.. changes.Where(change => !IsTakenOut(change))], cancellationToken).ConfigureAwait(false);
        foreach (ConfigurationChange left in await StillOpenAsync([.. changes.Where(IsTakenOut)], cancellationToken).ConfigureAwait(false))
        {
            sink.Publish(new Caution($"Setting '{left.Key}' of '{environment}', which was not set before, has a value all the same: the platform gives it one. Look at it in the dashboard."));
        }
    }

    /// <summary>Names that the project has and nobody declared; empty where no secrets are declared at all.</summary>
    public Task<IReadOnlyList<string>> FindOrphansAsync(CancellationToken cancellationToken) => _functionSecrets.FindOrphansAsync(cancellationToken);

    private async Task SendAsync(CloudService service, ConfigurationChange[] changes, CancellationToken cancellationToken)
    {
        // The database's settings are put, not patched: what is there is sent along, so that nothing undeclared is lost.
        Dictionary<string, JsonElement> body = service == CloudService.Postgres ? await api.GetSettingsAsync(service, cancellationToken).ConfigureAwait(false) : [];
        foreach (ConfigurationChange change in changes)
        {
            if (IsTakenOut(change))
            {
                body.Remove(FieldOf(change.Key));
                continue;
            }

            JsonNode? value = change.IsSecret ? JsonValue.Create(_secrets.Find(change.Key).Reveal()) : Parse(change.NewValue);
            body[FieldOf(change.Key)] = value is null ? NullElement() : JsonSerializer.SerializeToElement(value, ApiJson.Default.JsonNode);
        }

        await api.UpdateSettingsAsync(service, body, [.. changes.Where(change => change.IsSecret && !IsTakenOut(change)).Select(change => _secrets.Find(change.Key))], cancellationToken).ConfigureAwait(false);
    }

    private async Task WaitUntilReadAsync(IReadOnlyList<ConfigurationChange> changes, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            string[] open =
            [
                .. (await StillOpenAsync([.. changes.Where(change => !change.IsSecret)], cancellationToken).ConfigureAwait(false)).Select(change => change.Key),
                .. await _functionSecrets.FindUnappliedAsync([.. changes.Where(FunctionSecrets.IsOne)], cancellationToken).ConfigureAwait(false),
            ];
            if (open.Length == 0)
            {
                return;
            }

            if (time.GetElapsedTime(start) > s_consistencyLimit)
            {
                throw new DeployException(
                    ErrorTable.CloudSettingNotApplied,
                    $"The platform took the settings of '{environment}' and does not have them after {s_consistencyLimit.TotalSeconds:0} s: {string.Join(", ", open)}.",
                    "Look at them in the dashboard; a value that the platform writes differently has to be declared as it writes it.",
                    open[0]);
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<ConfigurationChange>> StillOpenAsync(IReadOnlyList<ConfigurationChange> changes, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, JsonNode?> current = await ReadAsync(changes.Select(change => ServiceOf(change.Key)), cancellationToken).ConfigureAwait(false);
        return [.. changes.Where(change => change.IsSecret
            ? !_secrets.IsSame(current.GetValueOrDefault(change.Key), _secrets.Find(change.Key))
            : !IsSame(current.GetValueOrDefault(change.Key), Parse(change.NewValue)))];
    }

    /// <summary>Every setting of the services, by key; what is in the file and not here is not a key of the platform.</summary>
    private async Task<IReadOnlyDictionary<string, JsonNode?>> ReadAsync(IEnumerable<CloudService> services, CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (CloudService service in services.Distinct())
        {
            foreach ((string field, JsonElement value) in await api.GetSettingsAsync(service, cancellationToken).ConfigureAwait(false))
            {
                settings[$"{service.Name}.{field}"] = JsonNode.Parse(value.GetRawText());
            }
        }

        return settings;
    }

    /// <summary>A setting of the database that has no value becomes one by not being put: its fields take no null.</summary>
    private static bool IsTakenOut(ConfigurationChange change) =>
        !change.IsSecret && change.NewValue is null && change.Key.StartsWith(CloudService.Postgres.Name + ".", StringComparison.Ordinal);

    private static ConfigurationChange Describe(CloudSetting setting, JsonNode? now) =>
        new(setting.Key, setting.Secret is null ? now?.ToJsonString() : null, setting.Secret is null ? setting.Value?.ToJsonString() : null)
        {
            IsSecret = setting.Secret is not null,
            IsDangerous = DangerousSettings.Reason(setting.Key) is not null,
            Remark = DangerousSettings.Reason(setting.Key) ?? (setting.Service == CloudService.Postgres ? "Some settings of the database take effect only when it is restarted." : null),
        };

    // Compared as JSON, so that a number is the same however it is held.
    private static bool IsSame(JsonNode? left, JsonNode? right) => JsonNode.DeepEquals(Parse(left?.ToJsonString()), Parse(right?.ToJsonString()));

    private static JsonNode? Parse(string? json) => json is null ? null : JsonNode.Parse(json);

    private static JsonElement NullElement() => JsonDocument.Parse("null").RootElement;

    private static CloudService ServiceOf(string key) => CloudService.All.Single(service => key.StartsWith(service.Name + ".", StringComparison.Ordinal));

    private static string FieldOf(string key) => key[(key.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
