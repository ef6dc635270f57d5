namespace SupabaseDeploy.Gateway.Services;

/// <summary>The times of a supervisor.</summary>
internal sealed record SupervisionTimes
{
    /// <summary>Between two questions to a service that is not healthy.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Between two questions to a healthy service.</summary>
    public TimeSpan Watch { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A process that lived this long is not held to be failing again and again.</summary>
    public TimeSpan Stable { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause after the first failure; it doubles with each further one.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often in a row a process may end before its service is given up.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The pause after so many failures in a row.</summary>
    public TimeSpan PauseAfter(int failures) =>
        TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(failures - 1, 20)));
}
