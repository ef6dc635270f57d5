using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// What PostgreSQL keeps of a password (RFC 5803): given to <c>ALTER ROLE</c> instead of the password itself, which thus is in no log
/// and no statement. Only for passwords of ASCII characters: others would have to be normalised first.
/// </summary>
internal static class ScramVerifier
{
    private const int Iterations = 4096;

    /// <summary>The verifier with a fresh salt.</summary>
    public static string Create(string password) => Create(password, RandomNumberGenerator.GetBytes(16));

    /// <summary>Whether a verifier that <see cref="Create(string)"/> made is that of a password.</summary>
    public static bool Matches(string verifier, string password) =>
        verifier.Split('$') is ["SCRAM-SHA-256", string parameters, _]
        && parameters.Split(':') is [_, string salt]
        && Create(password, Convert.FromBase64String(salt)) == verifier;

    /// <summary>The verifier with a given salt.</summary>
    public static string Create(string password, byte[] salt)
    {
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        byte[] storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        byte[] serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}");
    }
}
