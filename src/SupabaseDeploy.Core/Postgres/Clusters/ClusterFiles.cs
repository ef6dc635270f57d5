using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>What a project keeps about its cluster. Not secret.</summary>
/// <param name="Id">Names the cluster's folder where it does not live in the project.</param>
/// <param name="Folder">The folder the pointer was written into; elsewhere it was moved or copied.</param>
/// <param name="Port">The TCP port that it is given at each start.</param>
/// <param name="User">The user the server runs as when root started it; null for the project's own user.</param>
/// <param name="Bootstrap">Hash of the bootstrap that was applied to it; empty before that.</param>
internal sealed record ClusterPointer(string Id, string Folder, int Port, string? User, string Bootstrap)
{
    public static ClusterPointer Create(string folder, int port, string? user) =>
        new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), folder, port, user, "");
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
    private const string PointerName = "cluster.json";
    private const string PasswordName = "cluster.secrets.json";

    /// <summary>What is a cluster's own in the pointer folder: without any of it nobody finds the server and its data again.</summary>
    public static IReadOnlyList<string> Names { get; } = [PointerName, PasswordName, StateFolders.HomeName];

    public string Folder { get; } = folder;

    public string LockFile => Path.Combine(Folder, "cluster.lock");

    public string PasswordFile => Path.Combine(Folder, PasswordName);

    private string PointerFile => Path.Combine(Folder, PointerName);

    /// <summary>
    /// The pointer; null when there is none, and when it came with a copy of another project, whose cluster it names: that one is
    /// not ours to touch.
    /// </summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterOfOtherUser"/>.</exception>
    public ClusterPointer? ReadPointer()
    {
        ClusterPointer? pointer = Read(PointerFile, ClusterJson.Default.ClusterPointer);
        if (pointer is null || IsCopy(pointer))
        {
            return null;
        }

        bool isRoot = !OperatingSystem.IsWindows() && System.Environment.IsPrivilegedProcess;
        return isRoot == pointer.User is not null ? pointer : throw new DeployException(
            ErrorTable.ClusterOfOtherUser,
            $"The database cluster of '{Folder}' was made {(isRoot ? "by an ordinary user, and we are root" : "by root, and we are not root")}.",
            isRoot ? "Run this as the user who made it." : "Run this as root.",
            Folder);
    }

    /// <summary>Whether a folder has a pointer, whatever it says.</summary>
    public static bool HasPointer(string folder) => File.Exists(Path.Combine(folder, PointerName));

    public ClusterPasswords? ReadPasswords() => Read(PasswordFile, ClusterJson.Default.ClusterPasswords);

    public Task WriteAsync(ClusterPointer pointer, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(PointerFile, JsonSerializer.Serialize(pointer, ClusterJson.Default.ClusterPointer) + "\n", null, cancellationToken);

    public Task WriteAsync(ClusterPasswords passwords, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(
            PasswordFile,
            JsonSerializer.Serialize(passwords, ClusterJson.Default.ClusterPasswords) + "\n",
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            cancellationToken);

    /// <summary>Forgets passwords that are not this cluster's.</summary>
    public void DeletePasswords() => File.Delete(PasswordFile);

    /// <summary>Deletes the files, the pointer last, so that a removal that was cut short can be done again.</summary>
    public void Delete()
    {
        DeletePasswords();
        File.Delete(PointerFile);
    }

    /// <summary>Deletes the folder when nothing else is in it.</summary>
    public void DeleteFolderIfEmpty()
    {
        try
        {
            Directory.Delete(Folder);
        }
        catch (IOException)
        {
            // Other things of the environment are in it.
        }
    }

    private bool IsCopy(ClusterPointer pointer)
    {
        if (RealPath.Of(pointer.Folder) == RealPath.Of(Folder))
        {
            return false;
        }

        string original = Path.Combine(pointer.Folder, Path.GetFileName(PointerFile));
        return Read(original, ClusterJson.Default.ClusterPointer)?.Id == pointer.Id && !IsSameFile(original, PointerFile);
    }

    /// <summary>Whether two paths lead to one file, as where the project is mounted a second time.</summary>
    private static bool IsSameFile(string one, string other)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        ProcessRequest request = new("test", [one, "-ef", other]);
        return ChildProcess.RunAsync(request, CancellationToken.None).GetAwaiter().GetResult().ExitCode == 0;
    }

    private static T? Read<T>(string file, JsonTypeInfo<T> type)
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

[JsonSourceGenerationOptions(WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterPointer))]
[JsonSerializable(typeof(ClusterPasswords))]
internal sealed partial class ClusterJson : JsonSerializerContext;
