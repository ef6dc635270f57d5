using System.Security.Cryptography;
using System.Text;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Gateway.Api;

/// <summary>Knows a stack's API keys, and the token that each stands for.</summary>
internal sealed class ApiKeys(GatewayKeys keys)
{
    private const string Bearer = "Bearer ";

    private readonly (byte[] Key, ApiIdentity Identity)[] _known =
    [
        (Encoding.UTF8.GetBytes(keys.PublishableKey), new ApiIdentity(keys.AnonKey, IsSecret: false)),
        (Encoding.UTF8.GetBytes(keys.AnonKey), new ApiIdentity(keys.AnonKey, IsSecret: false)),
        (Encoding.UTF8.GetBytes(keys.SecretKey.Reveal()), new ApiIdentity(keys.ServiceRoleKey.Reveal(), IsSecret: true)),
        (Encoding.UTF8.GetBytes(keys.ServiceRoleKey.Reveal()), new ApiIdentity(keys.ServiceRoleKey.Reveal(), IsSecret: true)),
    ];

    /// <summary>The key of a request: header <c>apikey</c>, the query of a WebSocket, or the bearer token; null when it has none.</summary>
    public static string? Of(HttpRequest request) =>
        request.Headers["apikey"] is [{ Length: > 0 } header] ? header
        : request.Query["apikey"] is [{ Length: > 0 } query] ? query
        : BearerOf(request);

    /// <summary>The bearer token of a request; null when it has none.</summary>
    public static string? BearerOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } value] && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? value[Bearer.Length..].Trim() : null;

    /// <summary>Whom a key belongs to; null for a key of somebody else.</summary>
    public ApiIdentity? Find(string key)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(key);
        ApiIdentity? found = null;
        foreach ((byte[] known, ApiIdentity identity) in _known)
        {
            found = CryptographicOperations.FixedTimeEquals(known, bytes) ? identity : found;
        }

        return found;
    }
}

/// <summary>Whom a key belongs to.</summary>
/// <param name="Token">The JWT that services know the key as.</param>
/// <param name="IsSecret">True for a key of servers.</param>
internal sealed record ApiIdentity(string Token, bool IsSecret);
