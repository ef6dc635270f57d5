using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Releases;

/// <summary>
/// Signs requests to an object storage, version 4 of the scheme
/// (<see href="https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"/>). No I/O.
/// </summary>
internal static class ObjectStorageSignature
{
    /// <summary>SHA-256 of nothing.</summary>
    public const string EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>Adds the headers that say who asks for what and when, and the signature over them.</summary>
    public static void Sign(HttpRequestMessage request, string payloadSha256, ObjectStorageSettings settings, DateTimeOffset now)
    {
        string moment = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        request.Headers.Host = request.RequestUri!.Authority;
        Add(request, "x-amz-content-sha256", payloadSha256);
        Add(request, "x-amz-date", moment);
        if (settings.SessionToken is { } token)
        {
            Add(request, "x-amz-security-token", token.Reveal());
        }

        (string Name, string Value)[] headers =
        [
            .. request.Headers
                .Where(header => header.Key.Equals("host", StringComparison.OrdinalIgnoreCase) || header.Key.Equals("range", StringComparison.OrdinalIgnoreCase) || header.Key.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase))
                .Select(header => (header.Key.ToLowerInvariant(), string.Join(",", header.Value).Trim()))
                .OrderBy(header => header.Item1, StringComparer.Ordinal),
        ];
        string signed = string.Join(';', headers.Select(header => header.Name));
        string canonical = string.Join(
            '\n',
            request.Method.Method,
            request.RequestUri.AbsolutePath,
            CanonicalQuery(request.RequestUri),
            string.Concat(headers.Select(header => $"{header.Name}:{header.Value}\n")),
            signed,
            payloadSha256);
        string scope = $"{moment[..8]}/{settings.Region}/s3/aws4_request";
        string text = $"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        string signature = Convert.ToHexStringLower(Keyed(SigningKey(settings, moment[..8]), text));
        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={settings.AccessKey}/{scope},SignedHeaders={signed},Signature={signature}");
    }

    /// <summary>A name in a URL, as the scheme has it: everything escaped but what RFC 3986 leaves alone.</summary>
    public static string Escape(string text) => Uri.EscapeDataString(text);

    private static string CanonicalQuery(Uri uri) => string.Join(
        '&',
        uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Contains('=', StringComparison.Ordinal) ? pair : pair + "=").Order(StringComparer.Ordinal));

    private static byte[] SigningKey(ObjectStorageSettings settings, string day)
    {
        byte[] key = Keyed(Encoding.UTF8.GetBytes("AWS4" + settings.SecretKey.Reveal()), day);
        return Keyed(Keyed(Keyed(key, settings.Region), "s3"), "aws4_request");
    }

    private static byte[] Keyed(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static void Add(HttpRequestMessage request, string name, string value)
    {
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, value);
    }
}
