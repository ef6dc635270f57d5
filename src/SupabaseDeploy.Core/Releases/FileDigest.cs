using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Releases;

/// <summary>Digests of files and of lists of files.</summary>
internal static class FileDigest
{
    /// <summary>SHA-256 of a file, lower-case hexadecimal.</summary>
    public static async Task<string> OfFileAsync(string path, CancellationToken cancellationToken)
    {
        FileStream stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>SHA-256 over <c>sha256␠␠path\n</c> of every file, sorted by path: what <c>sha256sum</c> would print.</summary>
    public static string OfFiles(IEnumerable<ReleaseFile> files)
    {
        var text = new StringBuilder();
        foreach (ReleaseFile file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            text.Append(file.Sha256).Append("  ").Append(file.Path).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Copies a file while hashing what is written, so that the digest is of the copy, and flushes it to the disk.</summary>
    public static async Task<(string Sha256, long Size)> CopyAsync(string source, string destination, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(destination)!);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        FileStream input = File.OpenRead(source);
        await using (input.ConfigureAwait(false))
        {
            FileStream output = File.Create(destination);
            await using (output.ConfigureAwait(false))
            {
                byte[] buffer = new byte[81920];
                long size = 0;
                int read;
                while ((read = await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    hash.AppendData(buffer, 0, read);
                    await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                    size += read;
                }

                // The folder gets its final name by a rename, after which nobody looks whether the content reached the disk.
                output.Flush(flushToDisk: true);
                return (Convert.ToHexStringLower(hash.GetHashAndReset()), size);
            }
        }
    }
}
