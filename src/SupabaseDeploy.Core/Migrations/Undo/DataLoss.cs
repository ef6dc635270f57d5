using System.Globalization;

namespace SupabaseDeploy.Migrations;

/// <summary>Data that goes when migrations are taken back, as it was just before.</summary>
/// <param name="What">What goes: <c>table public.messages</c>, <c>column public.messages.body</c>, or the statement of which that is not known.</param>
/// <param name="Rows">Rows in the table, or values in the column; null when they are not known.</param>
public sealed record DataLoss(string What, long? Rows)
{
    /// <summary>False when <see cref="Rows"/> is the estimate of the server's statistics: more than 100,000 are not counted.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>Why the rows are not known; null when they are.</summary>
    public string? Unknown { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Rows is not { } rows
        ? $"{What} ({Unknown})"
        : string.Create(CultureInfo.InvariantCulture, $"{What} ({(IsCounted ? $"{rows}" : $"about {rows:N0}")} {(rows == 1 ? "row" : "rows")})");
}
