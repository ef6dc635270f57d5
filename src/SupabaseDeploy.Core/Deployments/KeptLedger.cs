using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Deployments;

/// <summary>What outlives this process while a platform replaces a database: its ledger, and what was asked for.</summary>
/// <param name="Project">The platform's reference of the project whose ledger it is: a stage may be given another one.</param>
/// <param name="Point">The restore point.</param>
/// <param name="Deployment">The restore's id in the ledger.</param>
/// <param name="AskedAt">When the platform was about to be asked, UTC.</param>
/// <param name="Reason">Why it is done, in the words of who asked for it; null for none.</param>
/// <param name="Tables">The ledger, with the restore in it as it began.</param>
internal sealed record KeptLedger(
    string? Project, string Point, Guid Deployment, DateTimeOffset AskedAt, string? Reason, [property: JsonPropertyOrder(1)] IReadOnlyList<LedgerTable> Tables)
{
    /// <summary>The format that this module writes.</summary>
    public const int Known = 2;

    /// <summary>The format of the file.</summary>
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = Known;

    /// <summary>The time that the point goes back to; null where it is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? PointAt { get; init; }

    /// <summary>Every table with its rows just before; null where they could not be counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TableRows>? Rows { get; init; }

    /// <summary>What is needed where the kept ledger does not go on, because it cannot be believed; null where it goes on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LeftLedger? Left { get; init; }

    /// <summary>The ledger.</summary>
    [JsonIgnore]
    public LedgerImage Image => new(Tables);
}

/// <summary>A ledger that cannot be believed and is left behind by a restore, which has to be recorded in another one.</summary>
/// <param name="Told">Why, and where its rows are, for the ledger that goes on.</param>
/// <param name="RequestedBy">Who asked for the restore.</param>
/// <param name="StartedAt">When, UTC.</param>
/// <param name="Release">The id of the release that ran at the restore point; null where it is not known.</param>
internal sealed record LeftLedger(string Told, string RequestedBy, DateTimeOffset StartedAt, string? Release);

/// <summary>
/// The file of a <see cref="KeptLedger"/>: <c>.supabase-deploy/restores/&lt;environment&gt;.json</c>, closed to everybody but its owner. One JSON object:
/// <c>format</c>, <c>project</c>, <c>point</c>, <c>deployment</c>, <c>askedAt</c>, <c>reason</c>, <c>pointAt</c>, <c>rows</c>
/// (objects with <c>schema</c>, <c>name</c>, <c>rows</c>), <c>left</c> (for a ledger that cannot be believed), and <c>tables</c>, each with <c>name</c>, <c>columns</c> and its rows in base64. It is there
/// from before the platform is asked until the restore is recorded; of one that did not happen it is put aside, because a platform may still begin late.
/// </summary>
/// <param name="environment">Whose ledger.</param>
internal sealed class KeptLedgerFile(DeploymentEnvironment environment)
{
    public string Path { get; } = System.IO.Path.Combine(environment.Project.StateFolder, "restores", environment.Name + ".json");

    public bool IsThere => File.Exists(Path);

    public Task WriteAsync(KeptLedger kept, CancellationToken cancellationToken) => AtomicFile.WriteAllTextAsync(
        Path, JsonSerializer.Serialize(kept, KeptLedgerJson.Default.KeptLedger), UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken);

    /// <summary>What was kept; null when nothing is.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.KeptLedgerUnreadable"/>.</exception>
    public async Task<KeptLedger?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(Path, cancellationToken).ConfigureAwait(false));
            JsonElement root = json.RootElement;
            return root.GetProperty("format").GetInt32() == KeptLedger.Known
                ? root.Deserialize(KeptLedgerJson.Default.KeptLedger)
                : throw Unreadable($"its format is {root.GetProperty("format")}, and this module knows {KeptLedger.Known}", null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw Unreadable(e.Message.TrimEnd('.'), e);
        }
    }

    public void Delete()
    {
        if (IsThere)
        {
            File.Delete(Path);
        }
    }

    /// <summary>Gives the file another name beside its own, under which nothing is found waiting.</summary>
    /// <param name="kept">What is in it.</param>
    public void PutAside(KeptLedger kept) => File.Move(Path, AsidePath(kept), overwrite: true);

    /// <summary>Where <see cref="PutAside"/> puts it.</summary>
    public string AsidePath(KeptLedger kept) => System.IO.Path.ChangeExtension(
        Path, string.Create(CultureInfo.InvariantCulture, $".not-restored-{kept.AskedAt.UtcDateTime:yyyyMMddHHmmss}.json"));

    private DeployException Unreadable(string why, Exception? inner) => new(
        ErrorTable.KeptLedgerUnreadable,
        $"The ledger of '{environment}' that was kept during a restore cannot be read from '{Path}': {why}.",
        "Use the version of the module that wrote it, or move the file away: then the history goes on from what the restored database holds.",
        environment);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptLedger))]
internal sealed partial class KeptLedgerJson : JsonSerializerContext;
