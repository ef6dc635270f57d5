using System.Collections.Concurrent;

namespace SupabaseDeploy.Testing;

/// <summary>A clock on which every wait is over at once, with the waits that were asked for: what waits for minutes is tested in no time.
/// Limits are no waits: they take their time.</summary>
public sealed class SkippingTime : TimeProvider
{
    private readonly ConcurrentQueue<TimeSpan> _waits = [];
    private long _skipped;

    /// <summary>The waits, in order.</summary>
    public IReadOnlyList<TimeSpan> Waits => [.. _waits];

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _skipped));

    public override long GetTimestamp() => base.GetTimestamp() + (long)(TimeSpan.FromTicks(Interlocked.Read(ref _skipped)).TotalSeconds * TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.Zero && state is not CancellationTokenSource)
        {
            _waits.Enqueue(dueTime);
            Interlocked.Add(ref _skipped, dueTime.Ticks);
            dueTime = TimeSpan.Zero;
        }

        return base.CreateTimer(callback, state, dueTime, period);
    }
}
