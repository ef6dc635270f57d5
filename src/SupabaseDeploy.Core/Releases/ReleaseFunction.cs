using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Releases;

/// <summary>
/// One edge function in a release: every file it is made of, at the path it has in the project, so that relative imports hold. Stored in
/// <c>functions/&lt;slug&gt;/</c>.
/// </summary>
/// <param name="Slug">Its name in the URL.</param>
/// <param name="Digest">SHA-256 over its settings and its files: two functions with the same digest behave the same.</param>
/// <param name="VerifyJwt">Whether requests need a valid token.</param>
/// <param name="EntryPoint">Its first file, as in <see cref="Files"/>: <c>supabase/functions/hello/index.ts</c>.</param>
/// <param name="ImportMap">Its <c>deno.json</c> or import map, as in <see cref="Files"/>; null for none.</param>
/// <param name="Files">Every file, by its path in the project, with forward slashes.</param>
public sealed record ReleaseFunction(
    string Slug, string Digest, bool VerifyJwt, string EntryPoint, string? ImportMap, IReadOnlyList<ReleaseFile> Files)
{
    /// <summary>Those of <see cref="Files"/> that the function reads when it runs, instead of importing them.</summary>
    public IReadOnlyList<string> StaticFiles { get; init => field = value.ToArray(); } = [];

    /// <inheritdoc/>
    public override string ToString() => Slug;

    /// <summary>The digest these settings and files have.</summary>
    internal string ComputeDigest()
    {
        var text = new StringBuilder();
        text.Append("entryPoint ").Append(EntryPoint).Append('\n');
        text.Append("importMap ").Append(ImportMap).Append('\n');
        text.Append("verifyJwt ").Append(VerifyJwt ? "true" : "false").Append('\n');
        foreach (string file in StaticFiles.Order(StringComparer.Ordinal))
        {
            text.Append("static ").Append(file).Append('\n');
        }

        text.Append("files ").Append(FileDigest.OfFiles(Files)).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
