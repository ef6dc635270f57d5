using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Releases;

/// <summary>
/// What a build says of the bundle that it left in a folder, kept beside the releases and not in the bundle: whoever makes a release of the
/// folder later is told when it is of another commit. One for each environment, of its last build.
/// </summary>
/// <param name="Digest">The bundle's digest: a folder with another one was built by something else since.</param>
/// <param name="GitCommit">The commit that was checked out; null outside a repository.</param>
/// <param name="IsDirty">True when the work tree had changes.</param>
internal sealed record BundleStamp(string Digest, string? GitCommit, bool IsDirty)
{
    /// <summary>Keeps it for an environment's bundle.</summary>
    public Task WriteAsync(ProjectFolder project, string environment, CancellationToken cancellationToken) => AtomicFile.WriteAllTextAsync(
        Path.Combine(project.BuildsFolder, environment + ".json"), JsonSerializer.Serialize(this, BundleStampJson.Default.BundleStamp) + "\n", cancellationToken: cancellationToken);

    /// <summary>The stamp of a bundle; null where none is known that has its digest.</summary>
    public static BundleStamp? Find(ProjectFolder project, string digest) => Directory.Exists(project.BuildsFolder)
        ? Directory.EnumerateFiles(project.BuildsFolder, "*.json").Order(StringComparer.Ordinal).Select(Read).FirstOrDefault(stamp => stamp?.Digest == digest)
        : null;

    // A file that cannot be read says nothing of any bundle.
    private static BundleStamp? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), BundleStampJson.Default.BundleStamp);
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(BundleStamp))]
internal sealed partial class BundleStampJson : JsonSerializerContext;
