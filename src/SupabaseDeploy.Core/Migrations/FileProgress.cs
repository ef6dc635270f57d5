using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>Tells which file is at work, how far the run is and how long it will still take at the pace so far.</summary>
internal sealed class FileProgress(string activity, string verb, int total, IProgressSink sink, TimeProvider time) : IDisposable
{
    private readonly long _start = time.GetTimestamp();
    private int _done = -1;

    public void Next(string fileName)
    {
        _done++;
        TimeSpan? remaining = _done == 0 ? null : time.GetElapsedTime(_start) / _done * (total - _done);
        sink.Publish(new ActivityProgress(activity, $"{verb} migrations", 100.0 * _done / total, remaining, $"{fileName} ({_done + 1} of {total})"));
    }

    public void Dispose() => sink.Publish(new ActivityCompleted(activity));
}
