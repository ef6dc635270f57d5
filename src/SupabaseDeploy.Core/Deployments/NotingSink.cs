using System.Collections.Concurrent;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Deployments;

/// <summary>Passes everything on, and keeps the warnings until they are taken.</summary>
internal sealed class NotingSink(IProgressSink sink) : IProgressSink
{
    private readonly ConcurrentQueue<string> _notes = new();

    public void Publish(DeployEvent deployEvent)
    {
        if (deployEvent is Caution caution)
        {
            _notes.Enqueue(caution.Message);
        }

        sink.Publish(deployEvent);
    }

    /// <summary>The warnings since they were taken last.</summary>
    public IReadOnlyList<string> Take()
    {
        var taken = new List<string>();
        while (_notes.TryDequeue(out string? note))
        {
            taken.Add(note);
        }

        return taken;
    }
}
