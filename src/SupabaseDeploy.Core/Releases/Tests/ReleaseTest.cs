using SupabaseDeploy.Deployments;

namespace SupabaseDeploy.Releases;

/// <summary>One check of a release.</summary>
public sealed record ReleaseTest
{
    /// <summary>The release.</summary>
    public required Release Release { get; init; }

    /// <summary>The environment whose ledger was told; null when none was named.</summary>
    public string? Environment { get; init; }

    /// <summary>What was checked: one of <see cref="ReleaseCheck"/>.</summary>
    public required string Check { get; init; }

    /// <summary>Whether it speaks for the release.</summary>
    public required bool IsPassed { get; init; }

    /// <summary>What was found, in a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>Everything that is wrong.</summary>
    public IReadOnlyList<string> Problems { get; init => field = value.ToArray(); } = [];

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The evidence that was recorded; null when no environment was named.</summary>
    public Evidence? Evidence { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Check} {(IsPassed ? "passed" : "failed")}: {Message}";
}

/// <summary>The checks of a release.</summary>
public static class ReleaseCheck
{
    /// <summary>Its migrations run on a shadow of the environment.</summary>
    public const string Rehearsal = "rehearsal";

    /// <summary>Deno finds no type errors in its edge functions.</summary>
    public const string Functions = "functions";

    /// <summary>The Flutter application it was built from passes its analysis and tests.</summary>
    public const string Flutter = "flutter";

    /// <summary>All of them, in the order they are run.</summary>
    public static IReadOnlyList<string> All { get; } = (string[])[Rehearsal, Functions, Flutter];
}
