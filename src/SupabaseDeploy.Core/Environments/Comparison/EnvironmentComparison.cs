using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres.Catalog;

namespace SupabaseDeploy.Environments;

/// <summary>One object that is not the same on the two sides of a comparison.</summary>
public sealed record EnvironmentDifference
{
    /// <summary>What stands on the left: <c>staging</c>.</summary>
    public required string LeftName { get; init; }

    /// <summary>What stands on the right: <c>production</c>.</summary>
    public required string RightName { get; init; }

    /// <summary>What the object is.</summary>
    public required CatalogKind Kind { get; init; }

    /// <summary>Its full name: <c>public.users.email</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its schema; empty for what is in no schema.</summary>
    public required string Schema { get; init; }

    /// <summary>Its definition on the left; null where it is not there.</summary>
    public required string? Left { get; init; }

    /// <summary>Its definition on the right; null where it is not there.</summary>
    public required string? Right { get; init; }

    /// <summary>What is at stake.</summary>
    public required DifferenceSeverity Severity { get; init; }

    /// <summary>A query that shows the object on either side; empty for what is in no database.</summary>
    public required string Sql { get; init; }

    /// <summary>Which side has it, in words: <c>only in staging</c>.</summary>
    public string State => (Left, Right) switch
    {
        (_, null) => $"only in {LeftName}",
        (null, _) => $"only in {RightName}",
        _ => "differs",
    };

    /// <summary>Both sides: <c>staging | production</c>.</summary>
    public string Comparison => $"{LeftName} | {RightName}";

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Name}: {State}";
}

/// <summary>Two schemas held against each other.</summary>
/// <param name="Left">The left catalog.</param>
/// <param name="Right">The right catalog.</param>
/// <param name="Differences">One an object; empty when the fingerprints are equal.</param>
public sealed record EnvironmentComparison(DatabaseCatalog Left, DatabaseCatalog Right, IReadOnlyList<EnvironmentDifference> Differences)
{
    /// <summary>The kinds of objects that hosted projects have beside their schemas.</summary>
    public static IReadOnlyList<CatalogKind> HostedKinds => HostedComparison.Kinds;

    /// <summary>Reads both sides at the same time and compares them. When one cannot be read, the other is not waited for.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="mustBeWhole">Whether it is an error when hosted projects may not be asked for what they have beside their schemas.</param>
    public static async Task<EnvironmentComparison> RunAsync(
        SchemaSource left, SchemaSource right, IProgressSink sink, CancellationToken cancellationToken, bool mustBeWhole = false)
    {
        string activity = $"Compare {left} with {right}";
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        sink.Publish(new ActivityProgress(activity, $"Reading {left} and {right}"));
        try
        {
            Task<DatabaseCatalog> reading = ReadAsync(left, either, sink);
            Task<DatabaseCatalog> other = ReadAsync(right, either, sink);
            await WhenBothAsync(reading, other).ConfigureAwait(false);
            DatabaseCatalog here = await reading.ConfigureAwait(false);
            DatabaseCatalog there = await other.ConfigureAwait(false);
            WarnOfVersions(left, here, right, there, sink);
            IReadOnlyList<EnvironmentDifference> hosted = await HostedComparison.RunAsync(left, right, mustBeWhole, sink, cancellationToken).ConfigureAwait(false);
            return new EnvironmentComparison(here, there, [.. DatabaseCatalog.Compare(here, there).Select(found => Difference(left, right, found)), .. hosted]);
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    private static async Task<DatabaseCatalog> ReadAsync(SchemaSource source, CancellationTokenSource either, IProgressSink sink)
    {
        try
        {
            return await source.ReadAsync(sink, either.Token).ConfigureAwait(false);
        }
        catch
        {
            await either.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Both have cleaned up before anything is said, and the failure that ended the other one is the one that is thrown.
    private static async Task WhenBothAsync(Task<DatabaseCatalog> reading, Task<DatabaseCatalog> other)
    {
        await ((Task)Task.WhenAll(reading, other)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (other.IsFaulted)
        {
            await other.ConfigureAwait(false);
        }
    }

    private static void WarnOfVersions(SchemaSource left, DatabaseCatalog here, SchemaSource right, DatabaseCatalog there, IProgressSink sink)
    {
        if (here.ServerVersion != there.ServerVersion)
        {
            sink.Publish(new Caution(
                $"{left} is on PostgreSQL {here.ServerVersion} and {right} on {there.ServerVersion}: some texts are the server's own, and views may differ in words only."));
        }
    }

    private static EnvironmentDifference Difference(SchemaSource left, SchemaSource right, CatalogDifference found) => new()
    {
        LeftName = left.Name,
        RightName = right.Name,
        Kind = found.Kind,
        Name = found.Name,
        Schema = found.Schema,
        Left = found.Left,
        Right = found.Right,
        Severity = found.Severity,
        Sql = found.Sql,
    };
}
