using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Releases;

/// <summary>The public configuration in a release. Nothing secret is in it: where a value is secret, its reference is.</summary>
public sealed record ReleaseConfiguration
{
    /// <summary>No configuration at all.</summary>
    public static ReleaseConfiguration Empty { get; } = new();

    /// <summary>The values of <c>env/&lt;name&gt;.json</c>, by the name of the environment.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Variables { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>
    /// The declared settings of the services, by the name of the environment and the dotted key of <c>config.toml</c>: <c>auth.jwt_expiry</c>.
    /// Values are JSON; text may hold references (<c>${NAME}</c>, <c>env(NAME)</c>), which are resolved when they are applied.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Settings { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>The declared settings of one environment with their references resolved, in ordinal order of the keys.</summary>
    /// <exception cref="Errors.ConfigurationException">References have no value: all of them are named at once.</exception>
    public IReadOnlyList<DeclaredSetting> Resolve(DeploymentEnvironment environment) =>
        DeclaredSetting.Resolve(environment, Settings.GetValueOrDefault(environment.Name) ?? new Dictionary<string, string>());
}
