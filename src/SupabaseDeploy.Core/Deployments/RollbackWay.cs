using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>One way back to a release, possible or not.</summary>
/// <param name="Strategy">The way.</param>
/// <param name="Description">What it would do.</param>
/// <param name="Loss">What it would lose: which rows, and written since when.</param>
/// <param name="WhyNot">Why it cannot be gone; null when it can.</param>
public sealed record RollbackWay(RollbackStrategy Strategy, string Description, string Loss, string? WhyNot)
{
    /// <summary>The backup it restores; null for every other way.</summary>
    public string? BackupId { get; init; }

    /// <summary>The platform's restore point it goes back to; null for every other way.</summary>
    public string? RestorePoint { get; init; }

    /// <summary>True when it begins by replacing the whole database: code and settings are planned once that is done.</summary>
    public bool ReplacesDatabase => Strategy is RollbackStrategy.RestorePoint or RollbackStrategy.Backup;

    /// <summary>True when it can be gone.</summary>
    public bool IsPossible => WhyNot is null;

    /// <summary>Why the first possible of these ways is taken, and why none that costs less is; empty where none is possible.</summary>
    /// <param name="ways">The ways, the least costly first.</param>
    public static string Explain(IReadOnlyList<RollbackWay> ways)
    {
        RollbackWay? taken = ways.FirstOrDefault(way => way.IsPossible);
        string[] cheaper = [.. ways.TakeWhile(way => !way.IsPossible).Select(way => $"not {way.Strategy}, because {way.WhyNot!.TrimEnd('.')}")];
        return taken is null ? "" : cheaper.Length == 0
            ? $"{taken.Strategy} is the way that costs least."
            : $"{taken.Strategy} is the way that costs least of those that lead there: {string.Join("; ", cheaper)}.";
    }

    /// <inheritdoc/>
    public override string ToString() => IsPossible ? $"{Strategy}: {Description} Loses: {Loss}" : $"{Strategy}: not possible: {WhyNot}";
}

/// <summary>What helps to find ways back beyond the code itself. What is null is not looked for.</summary>
public sealed record RollbackMeans
{
    /// <summary>Nothing helps: down scripts run as they are, and no backup is looked for.</summary>
    public static RollbackMeans None { get; } = new();

    /// <summary>Proves down scripts of a release, one proof a version. Null to take them unproven.</summary>
    public Func<Release, IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<DownProof>>>? Prove { get; init; }

    /// <summary>The way by the newest backup that was taken while the release ran.</summary>
    public Func<DeploymentEnvironment, Release, CancellationToken, Task<RollbackWay>>? FindBackup { get; init; }
}
