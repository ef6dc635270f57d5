namespace SupabaseDeploy.Deployments;

/// <summary>How a gate stands.</summary>
public enum GateVerdict
{
    /// <summary>It lets the release through.</summary>
    Passed,

    /// <summary>Something has to be done first.</summary>
    Missing,

    /// <summary>It opens when others decide, or with time.</summary>
    Pending,

    /// <summary>It does not let the release through, and somebody went past it, with a reason.</summary>
    Overridden,
}

/// <summary>One condition for a deployment.</summary>
/// <param name="Name">What is asked: <c>healthy on staging</c>.</param>
/// <param name="IsPassed">What was found. An override does not change it.</param>
/// <param name="Message">What was found, or what is missing.</param>
/// <param name="Remedy">The command that would provide what is missing; null when it is passed.</param>
public sealed record Gate(string Name, bool IsPassed, string Message, string? Remedy)
{
    /// <summary>What kind of gate, as <c>-Gate</c> names it; empty for one that cannot be gone past.</summary>
    public string Kind { get; init; } = "";

    /// <summary>True when it is closed, and opens when others decide, or with time.</summary>
    public bool IsPending { get; init; }

    /// <summary>Who went past it, and why; null when nobody did.</summary>
    public string? Override { get; init; }

    /// <summary>How it stands.</summary>
    public GateVerdict Verdict =>
        IsPassed ? GateVerdict.Passed
        : Override is not null ? GateVerdict.Overridden
        : IsPending ? GateVerdict.Pending
        : GateVerdict.Missing;

    /// <summary>True when the deployment may go on as far as this gate is concerned.</summary>
    public bool LetsThrough => IsPassed || Override is not null;

    /// <inheritdoc/>
    public override string ToString() =>
        $"[{Verdict.ToString().ToLowerInvariant()}] {Name}: {Message}{(Override is null || IsPassed ? "" : $" Gone past by {Override}")}";
}

/// <summary>The kinds of gates that <c>-Force -Gate</c> can go past.</summary>
public static class GateKind
{
    /// <summary>Having been healthy on the stage before.</summary>
    public const string Promotion = "promotion";

    /// <summary>Required evidence.</summary>
    public const string Evidence = "evidence";

    /// <summary>Time on the stage before.</summary>
    public const string Soak = "soak";

    /// <summary>Approvals by others.</summary>
    public const string Approvals = "approvals";

    /// <summary>A time in which nothing is published.</summary>
    public const string Freeze = "freeze";

    /// <summary>A recent drill.</summary>
    public const string Drill = "drill";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = (string[])[Promotion, Evidence, Soak, Approvals, Freeze, Drill];
}

/// <summary>A decision to publish past gates that are closed.</summary>
/// <param name="Gates">Kinds of gates, of <see cref="GateKind"/>; all of them when empty.</param>
/// <param name="Reason">Why; kept for ever.</param>
public sealed record GateOverride(IReadOnlyList<string> Gates, string Reason)
{
    /// <summary>The gate as it stands with this decision, made by <paramref name="actor"/>.</summary>
    internal Gate ApplyTo(Gate gate, Actor actor) =>
        !gate.IsPassed && gate.Kind.Length > 0 && (Gates.Count == 0 || Gates.Contains(gate.Kind, StringComparer.OrdinalIgnoreCase))
            ? gate with { Override = $"{actor}: {Reason}" }
            : gate;
}
