using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Testing;

/// <summary>Settings as a file of keys and values. Each key is written by itself, so that a failure may leave some of them set.</summary>
internal sealed class FolderConfiguration(DeploymentEnvironment environment, string folder, Action check) : IPlaceConfiguration
{
    private string Current => Path.Combine(folder, "settings.json");

    public Task<IReadOnlyList<ConfigurationChange>> PlanAsync(Release release, CancellationToken cancellationToken)
    {
        check();
        Dictionary<string, string> now = Read();
        return Task.FromResult<IReadOnlyList<ConfigurationChange>>(
        [
            .. release.Configuration.Resolve(environment)
                .Where(setting => now.GetValueOrDefault(setting.Key) != setting.Value)
                .Select(setting => new ConfigurationChange(setting.Key, now.GetValueOrDefault(setting.Key), setting.Value))
        ]);
    }

    public async Task ApplyAsync(IReadOnlyList<ConfigurationChange> changes, IProgressSink sink, CancellationToken cancellationToken)
    {
        foreach (ConfigurationChange change in changes)
        {
            check();
            Dictionary<string, string> values = Read();
            if (change.NewValue is null)
            {
                values.Remove(change.Key);
            }
            else
            {
                values[change.Key] = change.NewValue;
            }

            await AtomicFile.WriteAllTextAsync(Current, JsonSerializer.Serialize(new SortedDictionary<string, string>(values, StringComparer.Ordinal)), cancellationToken: cancellationToken);
            sink.Publish(new Detail($"settings: {change.Key}"));
        }
    }

    private Dictionary<string, string> Read() => File.Exists(Current) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Current))! : [];
}
