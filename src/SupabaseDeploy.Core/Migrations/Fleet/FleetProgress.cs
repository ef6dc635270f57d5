using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// The one progress bar of a wave: what is done, what failed, what is left and how long that will take at the pace so far. What single
/// databases say of their progress becomes its last line.
/// </summary>
internal sealed class FleetProgress : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _activity;
    private readonly int _total;
    private readonly IProgressSink _sink;
    private readonly TimeProvider _time;
    private readonly long _start;
    private int _done;
    private int _failed;
    private string _now = "";

    public FleetProgress(string activity, int total, IProgressSink sink, TimeProvider time)
    {
        (_activity, _total, _sink, _time, _start) = (activity, total, sink, time, time.GetTimestamp());
        Publish();
    }

    /// <summary>One of the databases tells what it is at.</summary>
    public void At(string what)
    {
        lock (_gate)
        {
            _now = what;
            Publish();
        }
    }

    /// <summary>One database has ended.</summary>
    public void End(bool isFailed)
    {
        lock (_gate)
        {
            _done++;
            _failed += isFailed ? 1 : 0;
            Publish();
        }
    }

    public void Dispose() => _sink.Publish(new ActivityCompleted(_activity));

    private void Publish()
    {
        TimeSpan? remaining = _done == 0 ? null : _time.GetElapsedTime(_start) / _done * (_total - _done);
        string counts = $"{_done - _failed} done, {_failed} failed, {_total - _done} left";
        _sink.Publish(new ActivityProgress(_activity, "Migrating", 100.0 * _done / _total, remaining, _now.Length == 0 ? counts : $"{counts} · {_now}"));
    }
}
