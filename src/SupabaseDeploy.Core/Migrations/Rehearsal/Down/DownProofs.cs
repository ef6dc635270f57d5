using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// The proofs that a project keeps, in <c>.supabase-deploy/down-proofs</c>. Each is named by the contents it speaks for, so that a proof
/// of anything that was edited since is not found.
/// </summary>
public static class DownProofs
{
    // Part of every key: proofs of an earlier way to prove do not count.
    private const string Method = "supabase-deploy down proof 1";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    /// <summary>The proof of <paramref name="file"/> as it is now, after the files before it as they are now; null when there is none.</summary>
    /// <param name="project">The project.</param>
    /// <param name="files">The files of the folder, in order.</param>
    /// <param name="file">One of them.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task<DownProof?> FindAsync(ProjectFolder project, IReadOnlyList<MigrationFile> files, MigrationFile file, CancellationToken cancellationToken)
    {
        using var chain = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (MigrationFile before in files.TakeWhile(before => before.Version != file.Version))
        {
            await ChainHash.AppendAsync(chain, before, cancellationToken).ConfigureAwait(false);
        }

        return file.DownPath is null
            ? null
            : await FindAsync(project, await KeyAsync(chain.GetHashAndReset(), file, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The name of what is proven: the chain before, the migration and its down script.</summary>
    internal static async Task<string> KeyAsync(byte[] chain, MigrationFile file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(Method));
        hash.AppendData(chain);
        await ChainHash.AppendAsync(hash, file, cancellationToken).ConfigureAwait(false);
        if (file.DownPath is not null)
        {
            hash.AppendData(SHA256.HashData(await File.ReadAllBytesAsync(file.DownPath, cancellationToken).ConfigureAwait(false)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    internal static async Task<DownProof?> FindAsync(ProjectFolder project, string key, CancellationToken cancellationToken)
    {
        string path = PathOf(project, key);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            DownProof? proof = JsonSerializer.Deserialize<DownProof>(await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false), s_json);
            return proof?.Key == key ? proof : null;
        }
        catch (JsonException)
        {
            return null; // What cannot be read proves nothing, and is proven anew.
        }
    }

    internal static Task SaveAsync(ProjectFolder project, DownProof proof, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(PathOf(project, proof.Key), JsonSerializer.Serialize(proof, s_json), cancellationToken: cancellationToken);

    private static string PathOf(ProjectFolder project, string key) => Path.Combine(project.StateFolder, "down-proofs", key + ".json");
}
