using System.Globalization;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>Phrases that plans share.</summary>
internal static class Words
{
    private const int Named = 3;

    public static string Migrations(IEnumerable<string> versions)
    {
        string[] all = [.. versions];
        return all.Length switch
        {
            1 => $"migration {all[0]}",
            <= Named => $"migrations {string.Join(", ", all)}",
            _ => $"{all.Length} migrations ({all[0]} to {all[^1]})",
        };
    }

    public static string WebStep(ObservedState observed, Release release, bool changes) =>
        (observed.HasWebRoot, changes, release.Web) switch
        {
            (false, _, _) => "There is no web root here.",
            (_, false, null) => "No release is served, as it should be.",
            (_, false, _) => $"Release {release} is served already.",
            (_, true, null) => "Serve no release: this one has no web bundle.",
            _ => $"Switch the web root from {(observed.ServedRelease is { } served ? Short(served) : "nothing")} to {release} ({release.Web!.Files.Count} files).",
        };

    /// <summary>How migrations are taken back.</summary>
    public static string Way(RollbackStrategy strategy) => strategy switch
    {
        RollbackStrategy.RestorePoint => "The restore point from before, by a person's decision.",
        RollbackStrategy.Backup => "The backup from before, by a person's decision.",
        RollbackStrategy.None => "Not at all: a down script is missing or does not restore, and no backup is taken before.",
        _ => "Down scripts, newest first.",
    };

    /// <summary>What the rehearsal says of down scripts that are relied on.</summary>
    public static string Proof(RehearsalForecast? rehearsal, IReadOnlyList<string> versions)
    {
        string[] untried = [.. versions.Except(rehearsal?.Downs.Select(down => down.Version) ?? [])];
        return untried.Length == 0
            ? $"The rehearsal of {rehearsal!.RehearsedAt.UtcDateTime:yyyy-MM-dd HH:mm}Z proved them."
            : untried.Length == versions.Count ? "No rehearsal here has tried them." : $"No rehearsal here has tried {Migrations(untried)}.";
    }

    /// <summary>What the rehearsal says of down scripts that are not relied on.</summary>
    public static string NotRestoring(RehearsalForecast rehearsal, IReadOnlyList<string> versions) =>
        $"the rehearsal of {rehearsal.RehearsedAt.UtcDateTime:yyyy-MM-dd HH:mm}Z says of {string.Join("; ", rehearsal.Downs.Where(down => versions.Contains(down.Version))).TrimEnd('.')}";

    public static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.#} GB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} kB"),
    };

    public static string Short(string id) => id.Length > 12 ? id[..12] : id;
}
