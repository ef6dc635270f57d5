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

    /// <summary>True when it can be gone.</summary>
    public bool IsPossible => WhyNot is null;

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
