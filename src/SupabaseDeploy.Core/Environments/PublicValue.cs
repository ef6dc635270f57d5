using System.Text;
using System.Text.Json;

namespace SupabaseDeploy.Environments;

/// <summary>Tells what must not be in a file that ends up inside the client. Never repeats the value it judges.</summary>
internal static class PublicValue
{
    private static readonly (string Prefix, string What)[] s_keyPrefixes =
    [
        ("sb_secret_", "a Supabase secret key"),
        ("sbp_", "a Supabase access token"),
        ("sk_live_", "a Stripe secret key"),
        ("sk_test_", "a Stripe secret key"),
        ("rk_live_", "a Stripe restricted key"),
        ("ghp_", "a GitHub token"),
        ("github_pat_", "a GitHub token"),
        ("xoxb-", "a Slack token"),
    ];

    private static readonly string[] s_secretWords = ["SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASSPHRASE", "PRIVATE_KEY", "SERVICE_ROLE", "SERVICE_KEY", "ACCESS_KEY", "TOKEN", "CREDENTIAL", "CREDENTIALS"];
    private static readonly string[] s_publicWords = ["PUBLIC", "PUBLISHABLE", "ANON"];

    /// <summary>What kind of secret the value is; null when it is none.</summary>
    public static string? SecretIn(string value) =>
        HoldsPrivateKey(value) ? "a private key"
        : s_keyPrefixes.FirstOrDefault(known => value.Contains(known.Prefix, StringComparison.Ordinal)).What
        ?? (HoldsPassword(value) ? "a URL or connection string with a password" : SecretTokenIn(value));

    /// <summary>The word in a key's name that says its value is secret; null when the name says nothing, or says that it is public.</summary>
    public static string? SecretWordIn(string key)
    {
        string words = $"_{Words(key)}_";
        return s_publicWords.Any(word => words.Contains($"_{word}_", StringComparison.Ordinal))
            ? null
            : s_secretWords.FirstOrDefault(word => words.Contains($"_{word}_", StringComparison.Ordinal));
    }

    /// <summary>True for a literal password in <c>scheme://user:password@host</c> or <c>password=…</c>; a reference is no password.</summary>
    public static bool HoldsPassword(string value)
    {
        for (int start = value.IndexOf("://", StringComparison.Ordinal); start >= 0; start = value.IndexOf("://", start + 3, StringComparison.Ordinal))
        {
            ReadOnlySpan<char> authority = value.AsSpan(start + 3);
            int end = authority.IndexOfAny("/?# \t\r\n\"'");
            authority = end < 0 ? authority : authority[..end];
            int at = authority.LastIndexOf('@');
            int colon = at < 0 ? -1 : authority[..at].IndexOf(':');
            if (colon >= 0 && IsLiteral(authority[(colon + 1)..at]))
            {
                return true;
            }
        }

        int named = value.IndexOf("password=", StringComparison.OrdinalIgnoreCase);
        return named >= 0 && IsLiteral(value.AsSpan(named + "password=".Length));
    }

    private static bool IsLiteral(ReadOnlySpan<char> password) => password.Length > 0 && !password.StartsWith("${");

    private static bool HoldsPrivateKey(string value) =>
        value.Contains("-----BEGIN ", StringComparison.Ordinal) && value.Contains("PRIVATE KEY-----", StringComparison.Ordinal);

    /// <summary>Looks at the role of every JWT in the text; only <c>anon</c> is for everybody.</summary>
    private static string? SecretTokenIn(string value)
    {
        for (int start = value.IndexOf("eyJ", StringComparison.Ordinal); start >= 0; start = value.IndexOf("eyJ", start + 3, StringComparison.Ordinal))
        {
            string[] parts = Token(value.AsSpan(start)).Split('.');
            if (parts.Length >= 2 && RoleOf(parts[1]) is { } role && role != "anon")
            {
                return $"a JWT with role '{role}'";
            }
        }

        return null;
    }

    private static string Token(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=");
        return (end < 0 ? text : text[..end]).ToString();
    }

    private static string? RoleOf(string payload)
    {
        try
        {
            string base64 = payload.Replace('-', '+').Replace('_', '/').TrimEnd('=');
            byte[] json = Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='));
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("role", out JsonElement role)
                && role.ValueKind == JsonValueKind.String
                    ? role.GetString()
                    : null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null; // Not a JWT after all.
        }
    }

    /// <summary><c>serviceRoleKey</c> and <c>service-role.key</c> as <c>SERVICE_ROLE_KEY</c>.</summary>
    private static string Words(string key)
    {
        var words = new StringBuilder();
        for (int index = 0; index < key.Length; index++)
        {
            if (index > 0 && char.IsUpper(key[index]) && char.IsLower(key[index - 1]))
            {
                words.Append('_');
            }

            words.Append(char.IsLetterOrDigit(key[index]) ? char.ToUpperInvariant(key[index]) : '_');
        }

        return words.ToString();
    }
}
