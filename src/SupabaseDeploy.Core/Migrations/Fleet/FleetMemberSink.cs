using System.Collections.Concurrent;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// What one database of several says: with its name before it, its progress as a line of the wave's. Keeps what was committed, so that a
/// run that fails can say it.
/// </summary>
/// <param name="name">The environment's name.</param>
/// <param name="progress">The wave's bar; null when there is only this database, which then shows its own.</param>
/// <param name="sink">Where it goes.</param>
internal sealed class FleetMemberSink(string name, FleetProgress? progress, IProgressSink sink) : IProgressSink
{
    private readonly ConcurrentQueue<AppliedMigration> _applied = new();

    public IReadOnlyList<AppliedMigration> Applied => [.. _applied];

    public void Publish(DeployEvent deployEvent)
    {
        if (deployEvent is MigrationApplied applied)
        {
            _applied.Enqueue(applied.Migration);
        }

        if (progress is null)
        {
            sink.Publish(deployEvent);
            return;
        }

        switch (deployEvent)
        {
            case ActivityProgress at:
                progress.At($"{name}: {at.Operation ?? at.Status}");
                break;
            case ActivityCompleted:
                break;
            case MigrationApplied:
                sink.Publish(new Detail($"{name}: {deployEvent}"));
                break;
            case Detail detail:
                sink.Publish(new Detail($"{name}: {detail.Message}"));
                break;
            case Notice notice:
                sink.Publish(new Notice($"{name}: {notice.Message}"));
                break;
            case Caution caution:
                sink.Publish(new Caution($"{name}: {caution.Message}"));
                break;
            default:
                sink.Publish(deployEvent);
                break;
        }
    }
}
