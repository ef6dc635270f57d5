namespace SupabaseDeploy.Health;

/// <summary>What measuring again and again came to.</summary>
/// <param name="Wanted">How many measurements in a row have to be as good as accepted.</param>
internal sealed record HealthSeries(int Wanted)
{
    /// <summary>The last measurement.</summary>
    public DeploymentHealth Last { get; private init; } = null!;

    /// <summary>How many of the last measurements in a row were as good as accepted.</summary>
    public int Passes { get; private init; }

    // Degraded ones too, which let a deployment go on.
    private int NotFailed { get; init; }

    private DeploymentHealth? Wrong { get; init; }

    private DeploymentHealth? Unanswered { get; init; }

    private DeploymentHealth? Worse { get; init; }

    /// <summary>True when as many in a row as wanted were as good as accepted.</summary>
    public bool IsReached => Passes >= Wanted;

    /// <summary>
    /// One good answer after wrong ones is not health: fewer good ones in a row than wanted are Fail where a wrong answer came before them, and
    /// Inconclusive where only missing ones did.
    /// </summary>
    public HealthVerdict Verdict => NotFailed >= Wanted ? HealthVerdict.Pass : Wrong is not null ? HealthVerdict.Fail : HealthVerdict.Inconclusive;

    /// <summary>False as long as every measurement was good, and took so long that there are not enough yet.</summary>
    public bool IsDecided => NotFailed >= Wanted || (Wrong ?? Unanswered) is not null;

    /// <summary>The measurement that says why it is so.</summary>
    public DeploymentHealth Telling => (IsReached, Verdict) switch
    {
        (true, _) => Last,
        (_, HealthVerdict.Pass) => Worse!,
        (_, HealthVerdict.Fail) => Wrong!,
        _ => Unanswered ?? Last,
    };

    /// <summary>The series with one more measurement.</summary>
    public HealthSeries With(DeploymentHealth health, HealthStatus accepted)
    {
        bool isAccepted = health.Status <= accepted;
        HealthSeries next = this with { Last = health, Passes = isAccepted ? Passes + 1 : 0, Worse = isAccepted ? Worse : health };
        return health.Verdict switch
        {
            HealthVerdict.Pass => next with { NotFailed = NotFailed + 1 },
            HealthVerdict.Fail => next with { NotFailed = 0, Wrong = health },
            // What was wrong before the last good answer was mended.
            _ => next with { NotFailed = 0, Wrong = NotFailed > 0 ? null : Wrong, Unanswered = health },
        };
    }
}
