namespace SupabaseDeploy.FlutterApps;

// Lists are kept as arrays: PowerShell cannot index what the compiler makes of a collection expression.

/// <summary>One hot reload or hot restart.</summary>
public sealed record FlutterReload
{
    /// <summary>True for a hot restart, which loses the application's state.</summary>
    public required bool IsRestart { get; init; }

    /// <summary>True when the application now runs the code as it is saved.</summary>
    public required bool Succeeded { get; init; }

    /// <summary>What Flutter says about it.</summary>
    public required string Message { get; init; }

    /// <summary>Why the code could not be compiled; empty for every other outcome.</summary>
    public IReadOnlyList<CompileError> Errors { get; init => field = value.ToArray(); } = [];

    /// <summary>When it was asked for, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>From the request to the answer.</summary>
    public required TimeSpan Duration { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        string took = FormattableString.Invariant($"{Duration.TotalMilliseconds:0} ms");
        string what = IsRestart ? "restart" : "reload";
        return (Succeeded, Errors.Count) switch
        {
            (true, _) => $"Hot {what} in {took}{(Message.Length > 0 ? ": " + Message.TrimEnd('.') : "")}.",
            (false, 0) => $"The hot {what} failed after {took}: {Message}",
            _ => $"The hot {what} failed after {took}; the application runs on as it was:{string.Concat(Errors.Select(error => "\n  " + error))}",
        };
    }
}
