using SupabaseDeploy.Health;

namespace SupabaseDeploy.Migrations;

/// <summary>How long something may take: a range, because it is made from sizes and assumed speeds.</summary>
/// <param name="AtLeast">On fast hardware that does nothing else.</param>
/// <param name="AtMost">On a small, busy server.</param>
public sealed record DurationEstimate(TimeSpan AtLeast, TimeSpan AtMost)
{
    private const double Megabyte = 1024 * 1024;

    /// <summary>No time at all.</summary>
    public static DurationEstimate Zero { get; } = new(TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>Both ends together.</summary>
    public static DurationEstimate operator +(DurationEstimate left, DurationEstimate right) =>
        new(left.AtLeast + right.AtLeast, left.AtMost + right.AtMost);

    /// <summary>Both ends together.</summary>
    public static DurationEstimate Add(DurationEstimate left, DurationEstimate right) => left + right;

    /// <summary>Reading a table once: 100 to 800 MB a second.</summary>
    internal static DurationEstimate OfReading(long bytes) => Of(bytes, slowest: 100, fastest: 800);

    /// <summary>Building an index: 20 to 120 MB of table a second.</summary>
    internal static DurationEstimate OfIndexing(long bytes) => Of(bytes, slowest: 20, fastest: 120);

    /// <summary>Writing a table and its indexes again: 12 to 80 MB a second.</summary>
    internal static DurationEstimate OfRewriting(long bytes) => Of(bytes, slowest: 12, fastest: 80);

    /// <inheritdoc/>
    public override string ToString() => (Readable.Duration(AtLeast), Readable.Duration(AtMost)) switch
    {
        _ when AtMost < TimeSpan.FromSeconds(1) => "less than 1 s",
        var (least, most) when least == most => least,
        var (_, most) when AtLeast < TimeSpan.FromSeconds(1) => $"up to {most}",
        var (least, most) => $"{least} to {most}",
    };

    private static DurationEstimate Of(long bytes, double slowest, double fastest) =>
        new(TimeSpan.FromSeconds(bytes / Megabyte / fastest), TimeSpan.FromSeconds(bytes / Megabyte / slowest));
}
