namespace SupabaseDeploy.Migrations;

/// <summary>One migration to take back.</summary>
/// <param name="Migration">The migration; its down script is there.</param>
/// <param name="Losses">The data that goes with it, as it is now.</param>
/// <param name="Proof">What is known of the down script; null when it was never tried as it is now.</param>
public sealed record UndoStep(MigrationFile Migration, IReadOnlyList<DataLoss> Losses, DownProof? Proof)
{
    /// <inheritdoc/>
    public override string ToString() => Losses.Count == 0
        ? $"Undo {Migration.FileName}"
        : $"Undo {Migration.FileName}, which loses {string.Join(", ", Losses)}";
}

/// <summary>What taking migrations back would do to one database.</summary>
/// <param name="Steps">The migrations, newest first, which is the order in which their down scripts run; empty when there is nothing to do.</param>
/// <param name="History">The versions that were applied when the plan was made. It is carried out on no other history.</param>
/// <param name="Files">The whole folder, in order.</param>
public sealed record UndoPlan(IReadOnlyList<UndoStep> Steps, IReadOnlyList<string> History, IReadOnlyList<MigrationFile> Files)
{
    /// <summary>The data that goes, as it is now.</summary>
    public IReadOnlyList<DataLoss> Losses => [.. Steps.SelectMany(step => step.Losses)];
}
