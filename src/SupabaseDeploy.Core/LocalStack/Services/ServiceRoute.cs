using System.Text.Json.Serialization;

namespace SupabaseDeploy.LocalStack;

/// <summary>How the gateway leads requests to a service.</summary>
/// <param name="Path">The first part of the path, as <c>/rest/v1</c>.</param>
public sealed record ServiceRoute(string Path)
{
    /// <summary>What the service knows that part as; empty for nothing.</summary>
    public string RoutedAs { get; init; } = "";

    /// <summary>Paths below <see cref="Path"/> that the service knows as they are, without <see cref="RoutedAs"/>.</summary>
    public IReadOnlyList<string> OwnPaths { get; init; } = [];

    /// <summary>The host that requests to it name; null for the one that the client named.</summary>
    public string? Host { get; init; }

    /// <summary>Whom the gateway lets through.</summary>
    public ServiceAccess Access { get; init; }

    /// <summary>Paths below <see cref="Path"/> to which everybody is let through.</summary>
    public IReadOnlyList<string> OpenPaths { get; init; } = [];

    /// <summary>Headers that requests get which come without them.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Further routes to the same service.</summary>
    public IReadOnlyList<ServiceRoute> Further { get; init; } = [];

    /// <summary>This route and the further ones.</summary>
    [JsonIgnore]
    public IEnumerable<ServiceRoute> All => Further.Prepend(this);
}

/// <summary>Whom the gateway lets through to a service.</summary>
public enum ServiceAccess
{
    /// <summary>Whoever has an API key of the stack.</summary>
    ApiKey,

    /// <summary>Everybody: the service decides itself.</summary>
    Open,

    /// <summary>Whoever has the secret key.</summary>
    SecretKey,
}
