using System.Globalization;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Events;

/// <summary>A migration is committed, whatever becomes of the run afterwards.</summary>
/// <param name="Migration">What was done.</param>
/// <param name="FileName">Its file.</param>
/// <param name="Statements">Number of its statements.</param>
public sealed record MigrationApplied(AppliedMigration Migration, string FileName, int Statements) : DeployEvent
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"Applied '{FileName}' ({Statements} statements) in {Migration.Duration.TotalSeconds:0.000} s.");
}
