using System.Globalization;
using System.Text;
using System.Text.Json;
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
/// <param name="Image">The ledger, with the restore in it as it began.</param>
internal sealed record KeptLedger(string? Project, string Point, Guid Deployment, DateTimeOffset AskedAt, string? Reason, LedgerImage Image)
{
    /// <summary>The time that the point goes back to; null where it is not known.</summary>
    public DateTimeOffset? PointAt { get; init; }

    /// <summary>Every table with its rows just before; null where they could not be counted.</summary>
    public IReadOnlyList<TableRows>? Rows { get; init; }
}

/// <summary>
/// The file of a <see cref="KeptLedger"/>: <c>.supabase-deploy/restores/&lt;environment&gt;.json</c>, closed to everybody but its owner. One JSON object:
/// <c>format</c>, <c>project</c>, <c>point</c>, <c>deployment</c>, <c>askedAt</c>, <c>reason</c>, <c>pointAt</c>, <c>rows</c>
/// (objects with <c>schema</c>, <c>name</c>, <c>rows</c>), and <c>tables</c>, each with <c>name</c>, <c>columns</c> and its rows in base64. It is there
/// from before the platform is asked until the restore is recorded; of one that did not happen it is put aside, because a platform may still begin late.
/// </summary>
/// <param name="environment">Whose ledger.</param>
internal sealed class KeptLedgerFile(DeploymentEnvironment environment)
{
    private const int Format = 2;

    public string Path { get; } = System.IO.Path.Combine(environment.Project.StateFolder, "restores", environment.Name + ".json");

    public bool IsThere => File.Exists(Path);

    public Task WriteAsync(KeptLedger kept, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteString("project", kept.Project);
            json.WriteString("point", kept.Point);
            json.WriteString("deployment", kept.Deployment);
            json.WriteString("askedAt", kept.AskedAt);
            json.WriteString("reason", kept.Reason);
            if (kept.PointAt is { } pointAt)
            {
                json.WriteString("pointAt", pointAt);
            }

            WriteRows(json, kept.Rows);
            json.WriteStartArray("tables");
            foreach (LedgerTable table in kept.Image.Tables)
            {
                json.WriteStartObject();
                json.WriteString("name", table.Name);
                json.WriteString("columns", table.Columns);
                json.WriteBase64String("rows", table.Rows);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return AtomicFile.WriteAllTextAsync(
            Path, Encoding.UTF8.GetString(content.GetBuffer().AsSpan(0, (int)content.Length)), UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken);
    }

    /// <summary>What was kept; null when nothing is.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.KeptLedgerUnreadable"/>.</exception>
    public async Task<KeptLedger?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(Path, cancellationToken).ConfigureAwait(false));
            JsonElement root = json.RootElement;
            return root.GetProperty("format").GetInt32() == Format
                ? new KeptLedger(
                    root.GetProperty("project").GetString(),
                    root.GetProperty("point").GetString()!,
                    root.GetProperty("deployment").GetGuid(),
                    root.GetProperty("askedAt").GetDateTimeOffset(),
                    root.GetProperty("reason").GetString(),
                    new LedgerImage([.. root.GetProperty("tables").EnumerateArray().Select(ReadTable)]))
                {
                    PointAt = root.TryGetProperty("pointAt", out JsonElement at) ? at.GetDateTimeOffset() : null,
                    Rows = root.TryGetProperty("rows", out JsonElement rows) ? [.. rows.EnumerateArray().Select(ReadRows)] : null,
                }
                : throw Unreadable($"its format is {root.GetProperty("format")}, and this module knows {Format}", null);
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

    private static void WriteRows(Utf8JsonWriter json, IReadOnlyList<TableRows>? tables)
    {
        if (tables is null)
        {
            return;
        }

        json.WriteStartArray("rows");
        foreach (TableRows table in tables)
        {
            json.WriteStartObject();
            json.WriteString("schema", table.Schema);
            json.WriteString("name", table.Name);
            json.WriteNumber("rows", table.Rows);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static TableRows ReadRows(JsonElement table) =>
        new(table.GetProperty("schema").GetString()!, table.GetProperty("name").GetString()!, table.GetProperty("rows").GetInt64());

    private static LedgerTable ReadTable(JsonElement table) =>
        new(table.GetProperty("name").GetString()!, table.GetProperty("columns").GetString()!, table.GetProperty("rows").GetBytesFromBase64());

    private DeployException Unreadable(string why, Exception? inner) => new(
        ErrorTable.KeptLedgerUnreadable,
        $"The ledger of '{environment}' that was kept during a restore cannot be read from '{Path}': {why}.",
        "Use the version of the module that wrote it, or move the file away: then the history goes on from what the restored database holds.",
        environment);
}
