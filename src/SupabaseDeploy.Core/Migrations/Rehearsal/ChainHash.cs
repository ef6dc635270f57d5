using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Migrations;

/// <summary>One value for the exact content of a chain of files.</summary>
internal static class ChainHash
{
    /// <summary>SHA-256, lower-case hexadecimal, over versions, names and contents in order.</summary>
    public static async Task<string> OfAsync(IEnumerable<MigrationFile> files, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (MigrationFile file in files)
        {
            await AppendAsync(hash, file, cancellationToken).ConfigureAwait(false);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Adds one file.</summary>
    public static async Task AppendAsync(IncrementalHash hash, MigrationFile file, CancellationToken cancellationToken)
    {
        byte[] content = await File.ReadAllBytesAsync(file.Path, cancellationToken).ConfigureAwait(false);
        hash.AppendData(Encoding.UTF8.GetBytes($"{file.Version}\n{file.Name}\n{Convert.ToHexStringLower(SHA256.HashData(content))}\n"));
    }
}
