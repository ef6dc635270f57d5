namespace SupabaseDeploy.Events;

/// <summary>
/// Where Core tells what it is doing. The shell turns events into progress, verbose and warning records,
/// tests collect them in a list. Called from any thread; an implementation must not block for long.
/// </summary>
public interface IProgressSink
{
    /// <summary>Publishes one event.</summary>
    void Publish(DeployEvent deployEvent);
}

/// <summary>Anything Core tells while it works.</summary>
public abstract record DeployEvent;

/// <summary>Progress of one activity.</summary>
/// <param name="Activity">What the whole work is: <c>Publish to production</c>. Also its identity.</param>
/// <param name="Status">The stage it is in: <c>Applying migrations</c>. Where there is no terminal, each stage is a line of the log.</param>
/// <param name="Percent">0 to 100, or null when it is not known.</param>
/// <param name="Remaining">Estimated time left, or null when it is not known.</param>
/// <param name="Operation">What is being done within the stage: <c>20261101120000_add_grades.sql (3 of 20)</c>; null for nothing more.</param>
public sealed record ActivityProgress(string Activity, string Status, double? Percent = null, TimeSpan? Remaining = null, string? Operation = null) : DeployEvent;

/// <summary>The activity has ended; its progress is taken off the screen.</summary>
public sealed record ActivityCompleted(string Activity) : DeployEvent;

/// <summary>Detail for a person who asked for it (verbose).</summary>
public sealed record Detail(string Message) : DeployEvent;

/// <summary>Something a person should know though the work goes on (information).</summary>
public sealed record Notice(string Message) : DeployEvent;

/// <summary>Something that may be wrong though the work goes on (warning).</summary>
public sealed record Caution(string Message) : DeployEvent;

/// <summary>A sink that discards every event.</summary>
public sealed class NullProgressSink : IProgressSink
{
    /// <summary>The one instance.</summary>
    public static NullProgressSink Instance { get; } = new();

    private NullProgressSink()
    {
    }

    /// <inheritdoc/>
    public void Publish(DeployEvent deployEvent)
    {
    }
}
