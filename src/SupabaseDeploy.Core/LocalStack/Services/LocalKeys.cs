using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The keys of one stack, made for it and kept with mode 0600. The JWTs are those of a self-hosted project
/// (<see href="https://supabase.com/docs/guides/self-hosting/docker#generate-api-keys"/>); the others are the platform's newer kind.
/// </summary>
public sealed record LocalKeys
{
    private static readonly DateTimeOffset s_endOfTime = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What the tokens of the stack are signed with (HS256).</summary>
    public required Secret JwtSecret { get; init; }

    /// <summary>Key of clients: <c>sb_publishable_…</c>. Public.</summary>
    public required string PublishableKey { get; init; }

    /// <summary>Key of servers: <c>sb_secret_…</c>.</summary>
    public required Secret SecretKey { get; init; }

    /// <summary>Password of the roles that services sign in to the database with.</summary>
    public required Secret ServicePassword { get; init; }

    /// <summary>The JWT of role <c>anon</c>. Public.</summary>
    public string AnonKey
    {
        get => field ?? Sign("anon");
        init;
    }

    /// <summary>The JWT of role <c>service_role</c>.</summary>
    public Secret ServiceRoleKey
    {
        get => field ?? new Secret(Sign("service_role"));
        init;
    }

    /// <summary>64 characters for services that encrypt or sign something of their own.</summary>
    internal Secret DerivedSecret => new(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(JwtSecret.Reveal()), "services"u8)));

    /// <summary>The keys in a file; null when there is none.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.LocalKeysUnreadable"/>.</exception>
    internal static LocalKeys? Read(string path) =>
        File.Exists(path) && ReadText(path) is { } text
            ? new LocalKeys
            {
                JwtSecret = new Secret(text.JwtSecret),
                PublishableKey = text.PublishableKey,
                SecretKey = new Secret(text.SecretKey),
                ServicePassword = new Secret(text.ServicePassword),
            }
            : null;

    /// <summary>The keys in a file, which is made when there is none.</summary>
    internal static LocalKeys ReadOrCreate(string path)
    {
        if (Read(path) is { } known)
        {
            return known;
        }

        var text = new LocalKeysText(Random(32), $"sb_publishable_{Random(16)}", $"sb_secret_{Random(24)}", Random(24));
        AtomicFile.WriteAllText(path, JsonSerializer.Serialize(text, LocalKeysJson.Default.LocalKeysText) + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return Read(path)!;
    }

    private static LocalKeysText? ReadText(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), LocalKeysJson.Default.LocalKeysText);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new DeployException(
                ErrorTable.LocalKeysUnreadable,
                $"The keys of a local stack cannot be read from '{path}': {(e is JsonException ? "it is not what Start-LocalStack wrote" : e.Message)}",
                "Restore the file, or delete it and run 'Start-LocalStack', which makes new keys.",
                path,
                e);
        }
    }

    private string Sign(string role)
    {
        string header = Encode("""{"alg":"HS256","typ":"JWT"}"""u8);
        string payload = Encode(Encoding.UTF8.GetBytes($$"""{"iss":"supabase-deploy","role":"{{role}}","exp":{{s_endOfTime.ToUnixTimeSeconds()}}}"""));
        byte[] signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(JwtSecret.Reveal()), Encoding.ASCII.GetBytes($"{header}.{payload}"));
        return $"{header}.{payload}.{Encode(signature)}";
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static string Random(int bytes) => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(bytes));
}

internal sealed record LocalKeysText(string JwtSecret, string PublishableKey, string SecretKey, string ServicePassword);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(LocalKeysText))]
internal sealed partial class LocalKeysJson : JsonSerializerContext;
