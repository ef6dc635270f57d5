using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Releases;

/// <summary>Digests of files and of lists of files.</summary>
internal static class FileDigest
{
    // Each read is a turn of the thread pool; the framework's own reads of 4 KB take longer than the hashing.
    private const int BufferSize = 1 << 18;

    /// <summary>SHA-256 of a file, lower-case hexadecimal.</summary>
    public static async Task<string> OfFileAsync(string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        FileStream input = Open(path);
        await using (input.ConfigureAwait(false))
        {
            await ReadAsync(input, hash, copy: null, cancellationToken).ConfigureAwait(false);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
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
        FileStream input = Open(source);
        await using (input.ConfigureAwait(false))
        {
            var output = new FileStream(destination, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            await using (output.ConfigureAwait(false))
            {
                long size = await ReadAsync(input, hash, output, cancellationToken).ConfigureAwait(false);

                // The folder gets its final name by a rename, after which nobody looks whether the content reached the disk.
                output.Flush(flushToDisk: true);
                return (Convert.ToHexStringLower(hash.GetHashAndReset()), size);
            }
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);

    private static async Task<long> ReadAsync(FileStream input, IncrementalHash hash, FileStream? copy, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long size = 0;
            int read;
            while ((read = await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                if (copy is not null)
                {
                    await copy.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                }

                size += read;
            }

            return size;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
