using System.Security.Cryptography;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>
/// The canonical text of a release: JSON with sorted keys, two spaces, line feeds and a final line feed, so that the same content has the
/// same bytes, and therefore the same id, on every machine.
/// </summary>
public static class ReleaseManifest
{
    /// <summary>The file's name in a stored release.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The format of releases made by this version. Format 1 has migrations and a web bundle only; it is read, and written again as it was.</summary>
    internal const int Format = 2;

    /// <summary>The canonical bytes of a release's content. What is not content (id, time, folder) is not written.</summary>
    public static byte[] Write(Release release) => ReleaseManifestWriter.Write(release);

    /// <summary>The id of a manifest: its SHA-256 in lower-case hexadecimal.</summary>
    public static string IdOf(ReadOnlySpan<byte> manifest) => Convert.ToHexStringLower(SHA256.HashData(manifest));

    /// <summary>Reads a manifest. Its id is computed from the bytes given.</summary>
    /// <param name="manifest">The bytes.</param>
    /// <param name="folder">The folder the release is, or would be, stored in.</param>
    /// <param name="createdAt">When it was made.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseDamaged"/>.</exception>
    public static Release Read(ReadOnlyMemory<byte> manifest, string folder, DateTimeOffset createdAt) =>
        ReleaseManifestReader.Read(manifest, folder, createdAt);

    internal static DeployException Damaged(string folder, string why, Exception? inner) => new(
        ErrorTable.ReleaseDamaged,
        $"Release '{Path.GetFileName(folder)}' is not what its id stands for: {why}.",
        $"Delete the folder, with Remove-Item -Recurse '{folder}', and make the release again with New-Release, or take it from where it is whole: New-Release -Import <file>, or 'releases.store'.",
        folder,
        inner);
}
