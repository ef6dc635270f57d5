using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>
/// The backups of one environment: a folder with one folder a backup. Only complete backups have a name that counts;
/// what is being written, and what a killed process left, starts with a dot.
/// </summary>
public sealed partial class BackupStore
{
    internal const string ManifestName = "manifest.json";
    internal const string ManifestDigestName = "manifest.json.sha256";
    internal const string DrillName = "drill.json";
    internal const string RolesName = "roles.sql";
    internal const string DefinitionName = "database.json";
    internal const string DumpName = "dump";
    internal const UnixFileMode OwnerReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const string IncomingPrefix = ".incoming-";
    private const int SecondLength = 15; // yyyyMMdd-HHmmss, with which an id begins

    private readonly DeploymentEnvironment _environment;

    /// <summary>The store of <paramref name="environment"/>: <see cref="BackupSettings.Store"/>, else the project's own folder.</summary>
    public BackupStore(DeploymentEnvironment environment)
    {
        _environment = environment;
        Folder = Path.Combine(environment.Backup.Store ?? environment.Project.BackupsFolder, FolderName(environment));
    }

    /// <summary>The folder, absolute; it need not exist.</summary>
    public string Folder { get; }

    /// <summary>Every complete backup, newest first.</summary>
    /// <param name="sink">Told about folders that are not readable as a backup.</param>
    public IReadOnlyList<DeploymentBackup> List(IProgressSink sink)
    {
        if (!Directory.Exists(Folder))
        {
            return [];
        }

        var backups = new List<DeploymentBackup>();
        foreach (string id in Ids().OrderDescending(StringComparer.Ordinal))
        {
            try
            {
                backups.Add(Read(id));
            }
            catch (DeployException e) when (e.Code == ErrorTable.BackupDamaged)
            {
                sink.Publish(new Caution(e.Message));
            }
        }

        // Ids tell the second; two backups of one second are told apart by their snapshots.
        return [.. backups.OrderByDescending(backup => backup.ConsistentAt)];
    }

    /// <summary>The ids of all complete backups; reads nothing but names.</summary>
    public IReadOnlyList<string> Ids() => !Directory.Exists(Folder)
        ? []
        : [.. Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path)!).Where(name => IdPattern().IsMatch(name))];

    /// <summary>Whether the text has the form of a backup's id.</summary>
    public static bool IsId(string text) => IdPattern().IsMatch(text);

    /// <summary>The backup of that id, or the newest one.</summary>
    /// <param name="idOrLatest">An id, or <c>latest</c>.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.BackupNotFound"/>, <see cref="ErrorTable.BackupDamaged"/>.</exception>
    public DeploymentBackup Find(string idOrLatest)
    {
        bool latest = string.Equals(idOrLatest, "latest", StringComparison.OrdinalIgnoreCase);
        IReadOnlyList<string> ids = Ids();
        string? newestSecond = ids.Max(StringComparer.Ordinal)?[..SecondLength];
        return ids
            .Where(id => latest ? id.StartsWith(newestSecond!, StringComparison.Ordinal) : id == idOrLatest)
            .Select(Read)
            .MaxBy(backup => backup.ConsistentAt)
            ?? throw new DeployException(
                ErrorTable.BackupNotFound,
                latest ? $"Environment '{_environment}' has no backup in '{Folder}'." : $"Environment '{_environment}' has no backup '{idOrLatest}' in '{Folder}'.",
                latest ? $"Take one with 'Backup-Deployment {_environment}'." : $"See 'Get-DeploymentBackup {_environment}' for those it has.",
                idOrLatest);
    }

    /// <summary>Keeps the outcome of a drill beside the backup.</summary>
    public Task WriteDrillAsync(DeploymentBackup backup, DrillRecord drill, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(
            Path.Combine(backup.Path, DrillName), JsonSerializer.Serialize(drill, BackupJson.Readable.DrillRecord), OwnerReadWrite, cancellationToken);

    /// <summary>A new id and a folder to write the backup into. What killed processes left is deleted first.</summary>
    internal FolderClaim BeginNew(DateTimeOffset now, out string id)
    {
        foreach (FolderClaim abandoned in FolderClaim.TakeAbandoned(Folder, IncomingPrefix))
        {
            using (abandoned)
            {
                abandoned.Delete();
            }
        }

        id = string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetHexString(4, lowercase: true)}");
        return FolderClaim.Create(Path.Combine(Folder, IncomingPrefix + id));
    }

    /// <summary>Writes the manifest and its digest into a folder that is otherwise complete.</summary>
    internal static async Task WriteManifestAsync(string folder, BackupManifest manifest, CancellationToken cancellationToken)
    {
        string json = manifest.ToJson();
        await AtomicFile.WriteAllTextAsync(Path.Combine(folder, ManifestName), json, OwnerReadWrite, cancellationToken).ConfigureAwait(false);
        string digest = $"{Digest(json)}  {ManifestName}\n"; // As sha256sum writes and checks it.
        await AtomicFile.WriteAllTextAsync(Path.Combine(folder, ManifestDigestName), digest, OwnerReadWrite, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes how the database is set up.</summary>
    internal static Task WriteDefinitionAsync(string folder, DatabaseDefinition definition, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(
            Path.Combine(folder, DefinitionName),
            JsonSerializer.Serialize(definition, BackupJson.Readable.DatabaseDefinition),
            OwnerReadWrite,
            cancellationToken);

    /// <summary>Reads how the database was set up; the file's digest is checked before.</summary>
    internal static DatabaseDefinition ReadDefinition(DeploymentBackup backup) =>
        JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(backup.Path, DefinitionName)), BackupJson.Readable.DatabaseDefinition)!;

    internal DeploymentBackup Read(string id)
    {
        string folder = Path.Combine(Folder, id);
        return new DeploymentBackup
        {
            Environment = _environment,
            Manifest = ReadManifest(folder, id),
            Path = folder,
            LastDrill = ReadDrill(Path.Combine(folder, DrillName)),
        };
    }

    private static BackupManifest ReadManifest(string folder, string id)
    {
        string path = Path.Combine(folder, ManifestName);
        try
        {
            string json = File.ReadAllText(path);
            string expected = File.ReadAllText(Path.Combine(folder, ManifestDigestName)).Split(' ', 2)[0];
            if (expected != Digest(json))
            {
                throw Damaged(path, "its SHA-256 is not the one beside it", null);
            }

            BackupManifest manifest = BackupManifest.Parse(json);
            return manifest.Id == id ? manifest : throw Damaged(path, $"it is the manifest of backup '{manifest.Id}'", null);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Damaged(path, e.Message.TrimEnd('.'), e);
        }
    }

    // A damaged note about a drill makes the backup unproven, not unusable.
    private static DrillRecord? ReadDrill(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), BackupJson.Readable.DrillRecord) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static DeployException Damaged(string path, string cause, Exception? inner) => new(
        ErrorTable.BackupDamaged,
        $"The backup's manifest '{path}' cannot be used: {cause}.",
        "Use another backup, and find out what changed the file.",
        path,
        inner);

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    // Two servers often have databases of the same name; their backups must not be taken for each other's.
    private static string FolderName(DeploymentEnvironment environment)
    {
        string name = environment is { Target: TargetKind.Database, Database: { } database }
            ? $"{database.Database}@{database.Host}_{database.Port}"
            : environment.Name;
        string escaped = UnsafePattern().Replace(name, match => string.Concat(Encoding.UTF8.GetBytes(match.Value).Select(b => $"%{b:X2}")));
        return escaped.StartsWith('.') ? "%2E" + escaped[1..] : escaped;
    }

    [GeneratedRegex("^[0-9]{8}-[0-9]{6}-[0-9a-f]{4}$", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();

    [GeneratedRegex("[^A-Za-z0-9._@-]+", RegexOptions.CultureInvariant)]
    private static partial Regex UnsafePattern();
}
