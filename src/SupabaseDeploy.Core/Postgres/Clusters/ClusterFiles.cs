using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>What a project keeps about its cluster: where it is and which port it has. Not secret.</summary>
/// <param name="Id">Names the cluster's folder where it does not live in the project.</param>
/// <param name="Port">The TCP port that it is given at each start.</param>
/// <param name="Bootstrap">Hash of the bootstrap that was applied to it; empty before that.</param>
internal sealed record ClusterPointer(string Id, int Port, string Bootstrap)
{
    public static ClusterPointer Create(int port) => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), port, "");
}

/// <summary>The passwords of a cluster's two roles.</summary>
internal sealed record ClusterPasswords(string SupabaseAdmin, string Postgres)
{
    public static ClusterPasswords Create() => new(Random(), Random());

    private static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    public override string ToString() => "***";
}

/// <summary>The files in the pointer folder.</summary>
internal sealed class ClusterFiles(string folder)
{
    public string Folder { get; } = folder;

    public string LockFile => Path.Combine(Folder, "cluster.lock");

    private string PointerFile => Path.Combine(Folder, "cluster.json");

    private string PasswordFile => Path.Combine(Folder, "cluster.secrets.json");

    public ClusterPointer? ReadPointer() => Read(PointerFile, ClusterJson.Default.ClusterPointer);

    public ClusterPasswords? ReadPasswords() => Read(PasswordFile, ClusterJson.Default.ClusterPasswords);

    public Task WriteAsync(ClusterPointer pointer, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(PointerFile, JsonSerializer.Serialize(pointer, ClusterJson.Default.ClusterPointer) + "\n", null, cancellationToken);

    public Task WriteAsync(ClusterPasswords passwords, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(
            PasswordFile,
            JsonSerializer.Serialize(passwords, ClusterJson.Default.ClusterPasswords) + "\n",
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            cancellationToken);

    /// <summary>Deletes the files, the pointer last, so that a removal that was cut short can be done again.</summary>
    public void Delete()
    {
        File.Delete(PasswordFile);
        File.Delete(PointerFile);
    }

    private static T? Read<T>(string file, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), type);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new DeployException(
                ErrorTable.ClusterDamaged,
                $"Cannot read '{file}': it is not the JSON that was written there.",
                "Restore the file, or delete the folder it is in to begin with an empty database.",
                file,
                e);
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterPointer))]
[JsonSerializable(typeof(ClusterPasswords))]
internal sealed partial class ClusterJson : JsonSerializerContext;
