namespace SupabaseDeploy.Migrations;

/// <summary>One reason why a statement is not harmless.</summary>
/// <param name="Risk">How bad.</param>
/// <param name="Message">What happens: <c>Rewrites public.messages (41 M rows, 12 GB): reads and writes are blocked for 3 min to 18 min.</c></param>
/// <param name="SafeWay">How to write it so that nobody waits; null when there is none.</param>
public sealed record StatementRisk(RehearsalRisk Risk, string Message, string? SafeWay = null)
{
    /// <inheritdoc/>
    public override string ToString() => Message;
}
