namespace SupabaseDeploy.Deployments;

/// <summary>Something that happened in a deployment besides its steps. Kept in the ledger.</summary>
/// <param name="Sequence">Its place in the ledger, from 1.</param>
/// <param name="Kind">What kind: <see cref="Caution"/>, <see cref="Paused"/>, <see cref="Kept"/>, <see cref="RolledBack"/>, <see cref="Loss"/>, <see cref="RestoreAsked"/>.</param>
/// <param name="Message">What happened, in words.</param>
/// <param name="RecordedBy">Who recorded it: <c>ann on build-7 (process 4711)</c>.</param>
/// <param name="RecordedAt">When, UTC.</param>
public sealed record LedgerEvent(long Sequence, string Kind, string Message, string RecordedBy, DateTimeOffset RecordedAt)
{
    /// <summary>A warning.</summary>
    public const string Caution = "caution";

    /// <summary>The deployment waits for a decision, because its health is not known.</summary>
    public const string Paused = "paused";

    /// <summary>A person decided to keep the release although its health is not known.</summary>
    public const string Kept = "kept";

    /// <summary>A person decided to roll back.</summary>
    public const string RolledBack = "rolled back";

    /// <summary>What going back was measured to have lost.</summary>
    public const string Loss = "loss";

    /// <summary>The platform is asked to replace the database: whatever ledger holds this is the one from before.</summary>
    public const string RestoreAsked = "restore asked";

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}: {Message}";
}
