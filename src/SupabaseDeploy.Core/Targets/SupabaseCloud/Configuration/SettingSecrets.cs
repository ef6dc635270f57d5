using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>
/// Settings whose values are secret, as <c>auth.smtp_pass</c>. A plan holds only their names; the values are kept here from the planning to the applying.
/// The platform never gives the value back, but a digest, which is compared.
/// </summary>
internal sealed class SettingSecrets(string project)
{
    private readonly ConcurrentDictionary<string, Secret> _values = new(StringComparer.Ordinal);

    public void Remember(IEnumerable<CloudSetting> declared)
    {
        foreach (CloudSetting setting in declared.Where(setting => setting.Secret is not null))
        {
            _values[setting.Key] = setting.Secret!;
        }
    }

    /// <exception cref="DeployException">It was not planned by this process.</exception>
    public Secret Find(string key) => _values.GetValueOrDefault(key) ?? throw new DeployException(
        ErrorTable.CloudSettingNotApplied,
        $"The value of the secret setting '{key}' is not known here: it is in no plan, and was not read again.",
        "Run the command again, so that it plans again.",
        key);

    /// <summary>True when the platform's text stands for this value.</summary>
    public bool IsSame(JsonNode? now, Secret value) =>
        now?.GetValueKind() == JsonValueKind.String && IsDigest(now.GetValue<string>(), project, value);

    /// <summary>
    /// The platform shows SHA-256, plain or keyed with the project's reference (as its own command-line tool compares them); a place without that shows the value.
    /// </summary>
    public static bool IsDigest(string shown, string project, Secret value)
    {
        byte[] text = Encoding.UTF8.GetBytes(value.Reveal());
        string digest = shown.StartsWith("hash:", StringComparison.Ordinal) ? shown["hash:".Length..] : shown;
        return digest.Equals(Convert.ToHexString(SHA256.HashData(text)), StringComparison.OrdinalIgnoreCase)
            || digest.Equals(Convert.ToHexString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(project), text)), StringComparison.OrdinalIgnoreCase)
            || new Secret(shown).Equals(value);
    }

    /// <summary>True for 64 hexadecimal digits: only such a text can be said to be that of another value.</summary>
    public static bool LooksLikeDigest(string shown)
    {
        string digest = shown.StartsWith("hash:", StringComparison.Ordinal) ? shown["hash:".Length..] : shown;
        return digest.Length == 64 && digest.All(char.IsAsciiHexDigit);
    }
}
