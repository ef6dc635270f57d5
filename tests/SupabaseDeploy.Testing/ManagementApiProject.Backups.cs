using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SupabaseDeploy.Testing;

/// <content>Backups and restore points.</content>
public sealed partial class ManagementApiProject
{
    private readonly List<JsonObject> _points = [];
    private int _pollsLeft;

    /// <summary>How often a new restore point is still PENDING when it is asked for; a big number for one that is stuck.</summary>
    public int PendingPolls { get; set; }

    /// <summary>False where the plan has no restore points.</summary>
    public bool HasRestorePoints { get; set; } = true;

    /// <summary>Whether it has point-in-time recovery.</summary>
    public bool HasPointInTimeRecovery { get; set; }

    /// <summary>The last moment that point-in-time recovery has stored.</summary>
    public DateTimeOffset LastRecoverable { get; set; } = TimeProvider.System.GetUtcNow().AddDays(1);

    /// <summary>The platform's daily backups: id and time.</summary>
    public List<(long Id, DateTimeOffset At)> DailyBackups { get; } = [];

    /// <summary>Brings the real database back, given <c>point:name</c>, <c>time:unix</c> or <c>backup:id</c>.</summary>
    public Func<string, Task>? OnRestore { get; set; }

    /// <summary>Where the project stands, one after the other, before a restore that was asked for begins.</summary>
    public string[] BeforeRestore { get; set; } = [];

    /// <summary>What was restored.</summary>
    public List<string> Restores { get; } = [];

    /// <summary>Changes a restore point's status.</summary>
    public void SetRestorePoint(string name, string status) => _points.Single(point => point["name"]!.GetValue<string>() == name)["status"] = status;

    private async Task<ManagementApiAnswer?> AnswerAboutBackupsAsync(string operationId, ManagementApiForm form) => operationId switch
    {
        "v1-list-all-backups" => new(200, DescribeBackups()),
        "v1-get-restore-point" => FindPoint(form.Query.GetValueOrDefault("name")),
        "v1-create-restore-point" => CreatePoint(form.Body!.Value.GetProperty("name").GetString()!),
        "v1-undo" => await RestoreAsync($"point:{form.Body!.Value.GetProperty("name").GetString()}"),
        "v1-restore-pitr-backup" => HasPointInTimeRecovery
            ? await RestoreAsync($"time:{form.Body!.Value.GetProperty("recovery_time_target_unix").GetInt64()}")
            : new(403, new JsonObject { ["message"] = "Point in time recovery is not enabled" }),
        "v1-restore-physical-backup" => await RestoreAsync($"backup:{form.Body!.Value.GetProperty("id").GetInt64()}"),
        _ => null,
    };

    private JsonObject DescribeBackups()
    {
        var range = new JsonObject();
        if (HasPointInTimeRecovery)
        {
            range["earliest_physical_backup_date_unix"] = 1767225600;
            range["latest_physical_backup_date_unix"] = LastRecoverable.ToUnixTimeSeconds();
        }

        return new JsonObject
        {
            ["region"] = "eu-central-1",
            ["walg_enabled"] = HasRestorePoints,
            ["pitr_enabled"] = HasPointInTimeRecovery,
            ["backups"] = new JsonArray([.. DailyBackups.Select(backup => new JsonObject
            {
                ["id"] = backup.Id,
                ["is_physical_backup"] = true,
                ["status"] = "COMPLETED",
                ["inserted_at"] = backup.At.ToString("O", CultureInfo.InvariantCulture),
            })]),
            ["physical_backup_data"] = range,
        };
    }

    private ManagementApiAnswer CreatePoint(string name)
    {
        if (!HasRestorePoints)
        {
            return new(403, new JsonObject { ["message"] = "Restore points are not available on this plan" });
        }

        _pollsLeft = PendingPolls;
        _points.Add(new JsonObject { ["name"] = name, ["status"] = _pollsLeft == 0 ? "AVAILABLE" : "PENDING", ["completed_on"] = _pollsLeft == 0 ? "2026-11-23T05:00:00Z" : null });
        return new(201, _points[^1].DeepClone());
    }

    private ManagementApiAnswer FindPoint(string? name)
    {
        JsonObject? point = _points.LastOrDefault(point => name is null || point["name"]!.GetValue<string>() == name);
        if (point is null)
        {
            return new(404, new JsonObject { ["message"] = "Restore point not found" });
        }

        if (point["status"]!.GetValue<string>() == "PENDING" && --_pollsLeft <= 0)
        {
            point["status"] = "AVAILABLE";
            point["completed_on"] = "2026-11-23T05:00:00Z";
        }

        return new(200, point.DeepClone());
    }

    private async Task<ManagementApiAnswer> RestoreAsync(string what)
    {
        Restores.Add(what);
        GoThrough([.. BeforeRestore, "RESTORING", "RESTORING", "ACTIVE_HEALTHY"]);
        if (OnRestore is not null)
        {
            await OnRestore(what);
        }

        return new(201);
    }
}
