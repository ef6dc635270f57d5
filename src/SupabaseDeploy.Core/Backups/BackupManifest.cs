using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupabaseDeploy.Backups;

/// <summary>What a backup holds, as <c>manifest.json</c> in its folder says. Everything a restore is verified against.</summary>
public sealed record BackupManifest
{
    /// <summary>The layout this version writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Layout of the folder and of this file.</summary>
    public required int Format { get; init; }

    /// <summary>The backup's id, also its folder's name.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the environment it was taken of.</summary>
    public required string Environment { get; init; }

    /// <summary>The application's name.</summary>
    public required string Application { get; init; }

    /// <summary>Where the database was: <c>host:port/database</c>.</summary>
    public required string Database { get; init; }

    /// <summary>When the work started, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the work ended, UTC.</summary>
    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>Everything committed before this time is in the backup; this machine's clock, UTC, read just before the snapshot was taken.</summary>
    public required DateTimeOffset ConsistentAt { get; init; }

    /// <summary>The write-ahead log position of the snapshot: <c>0/1A2B3C4D</c>.</summary>
    public required string WalPosition { get; init; }

    /// <summary>Version of the server: <c>15.8</c>.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>Version of pg_dump.</summary>
    public required string DumpVersion { get; init; }

    /// <summary>Id of the release that was deployed; null when no release was ever published there.</summary>
    public string? Release { get; init; }

    /// <summary>Every version in the migration history, in order.</summary>
    public required IReadOnlyList<string> Migrations { get; init; }

    /// <summary>Size of the database in bytes, on the server's disk.</summary>
    public required long DatabaseSize { get; init; }

    /// <summary>Number of large objects.</summary>
    public required long LargeObjects { get; init; }

    /// <summary>Every table with its exact number of rows in the dump's own snapshot; tables of extensions are not counted.</summary>
    public required IReadOnlyList<TableRows> Tables { get; init; }

    /// <summary>Constraints that were NOT VALID in the database, and so are in a restore: <c>schema.table.constraint</c>.</summary>
    public required IReadOnlyList<string> NotValidConstraints { get; init; }

    /// <summary>The server's roles.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>True when <c>roles.sql</c> holds password hashes, which a lost server needs; keep the backup as safe as the database.</summary>
    public required bool HasRolePasswords { get; init; }

    /// <summary>Every file of the backup except this one.</summary>
    public required IReadOnlyList<BackupFile> Files { get; init; }

    /// <summary>The newest version in the migration history; null when it is empty.</summary>
    [JsonIgnore]
    public string? MigrationVersion => Migrations.Count == 0 ? null : Migrations[^1];

    /// <summary>Rows of all tables together.</summary>
    [JsonIgnore]
    public long Rows => Tables.Sum(table => table.Rows);

    /// <summary>Bytes of all files together.</summary>
    [JsonIgnore]
    public long Size => Files.Sum(file => file.Size);

    /// <summary>The manifest as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BackupJson.Readable.BackupManifest);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is not JSON, lacks a property, or is of a newer format.</exception>
    public static BackupManifest Parse(string json)
    {
        BackupManifest manifest = JsonSerializer.Deserialize(json, BackupJson.Readable.BackupManifest)
            ?? throw new JsonException("The manifest is 'null'.");
        return manifest.Format == CurrentFormat
            ? manifest
            : throw new JsonException($"Its format is '{manifest.Format}'; this version reads format {CurrentFormat}.");
    }
}

/// <summary>The rows of one table.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rows">Exact number of rows.</param>
public sealed record TableRows(string Schema, string Name, long Rows)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Schema}.{Name}";
}

/// <summary>One file of a backup.</summary>
/// <param name="Path">Relative path with forward slashes.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Sha256">SHA-256, lower-case hexadecimal.</param>
public sealed record BackupFile(string Path, long Size, string Sha256);

/// <summary>The JSON of this room: readable, camel case, nothing missing.</summary>
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(DatabaseDefinition))]
[JsonSerializable(typeof(DrillRecord))]
internal sealed partial class BackupJson : JsonSerializerContext
{
    public static BackupJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        // Names of people's tables stay readable; the file is never put into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
