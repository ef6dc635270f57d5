using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Targets.SupabaseCloud;

// Only what is read of each answer. Names as in the OpenAPI file.

internal sealed record CloudProject(string Ref, string Name, string Region, string Status, CloudProjectDatabase Database)
{
    public const string Active = "ACTIVE_HEALTHY";
}

internal sealed record CloudProjectDatabase(string Host, string Version, string PostgresEngine);

internal sealed record ServiceHealth(string Name, string Status, string? Error)
{
    public const string Active = "ACTIVE_HEALTHY";
    public const string ComingUp = "COMING_UP";
}

internal sealed record ReadOnlyStatus(bool Enabled);

internal sealed record DiskUtilization(DiskMetrics Metrics);

internal sealed record DiskMetrics(double FsSizeBytes, double FsAvailBytes);

internal sealed record PoolerSettings(string DatabaseType, string DbUser, string DbHost, int DbPort, string DbName, string PoolMode);

internal sealed record LoginRole(string Role, [property: JsonConverter(typeof(SecretText))] Secret Password, long TtlSeconds);

internal sealed record NetworkBans(IReadOnlyList<string> BannedIpv4Addresses);

internal sealed record NetworkRestrictions(string Entitlement, NetworkRestrictionLists Config, string Status);

internal sealed record NetworkRestrictionLists(
    [property: JsonPropertyName("dbAllowedCidrs")] IReadOnlyList<string>? DbAllowedCidrs,
    [property: JsonPropertyName("dbAllowedCidrsV6")] IReadOnlyList<string>? DbAllowedCidrsV6);

/// <summary>A function, or a bundle of one that was not activated yet: the platform describes both alike.</summary>
internal sealed record CloudFunction
{
    public required string Id { get; init; }

    public required string Slug { get; init; }

    public required string Name { get; init; }

    public required string Status { get; init; }

    public required int Version { get; init; }

    public long? CreatedAt { get; init; }

    public bool? VerifyJwt { get; init; }

    public bool? ImportMap { get; init; }

    public string? EntrypointPath { get; init; }

    public string? ImportMapPath { get; init; }

    public string? EzbrSha256 { get; init; }
}

internal sealed record ActivatedFunctions(IReadOnlyList<CloudFunction> Functions);

internal sealed record FunctionMetadata
{
    public required string EntrypointPath { get; init; }

    public string? ImportMapPath { get; init; }

    public IReadOnlyList<string>? StaticPatterns { get; init; }

    public bool? VerifyJwt { get; init; }

    public string? Name { get; init; }
}

/// <summary>A secret as the platform lists it: its value is a digest of the real one.</summary>
internal sealed record CloudSecret(string Name, string Value);

internal sealed record NewCloudSecret(string Name, [property: JsonConverter(typeof(SecretText))] Secret Value);

internal sealed record CloudApiKey(string Name, string? Type, [property: JsonConverter(typeof(SecretText))] Secret? ApiKey);

internal sealed record CloudBackups(bool PitrEnabled, bool WalgEnabled, IReadOnlyList<CloudBackup> Backups, PhysicalBackupRange PhysicalBackupData);

internal sealed record CloudBackup(long Id, bool IsPhysicalBackup, string Status, string InsertedAt);

internal sealed record PhysicalBackupRange(long? EarliestPhysicalBackupDateUnix, long? LatestPhysicalBackupDateUnix);

internal sealed record CloudRestorePoint(string Name, string Status, DateTimeOffset? CompletedOn);

internal sealed record QueryRequest(string Query, bool ReadOnly);

internal sealed record NameOnly(string Name);

internal sealed record LoginRoleRequest(bool ReadOnly);

internal sealed record RecoveryTime(long RecoveryTimeTargetUnix);

internal sealed record BackupId(long Id);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(CloudProject))]
[JsonSerializable(typeof(List<ServiceHealth>))]
[JsonSerializable(typeof(ReadOnlyStatus))]
[JsonSerializable(typeof(DiskUtilization))]
[JsonSerializable(typeof(List<PoolerSettings>))]
[JsonSerializable(typeof(LoginRole))]
[JsonSerializable(typeof(LoginRoleRequest))]
[JsonSerializable(typeof(NetworkBans))]
[JsonSerializable(typeof(NetworkRestrictions))]
[JsonSerializable(typeof(List<CloudFunction>))]
[JsonSerializable(typeof(ActivatedFunctions))]
[JsonSerializable(typeof(FunctionMetadata))]
[JsonSerializable(typeof(List<CloudSecret>))]
[JsonSerializable(typeof(IReadOnlyList<NewCloudSecret>))]
[JsonSerializable(typeof(IReadOnlyList<CloudFunction>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(List<CloudApiKey>))]
[JsonSerializable(typeof(CloudBackups))]
[JsonSerializable(typeof(CloudRestorePoint))]
[JsonSerializable(typeof(QueryRequest))]
[JsonSerializable(typeof(NameOnly))]
[JsonSerializable(typeof(RecoveryTime))]
[JsonSerializable(typeof(BackupId))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonNode))]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
internal sealed partial class ApiJson : JsonSerializerContext;
