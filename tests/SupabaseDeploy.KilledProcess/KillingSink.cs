using System.Diagnostics;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.KilledProcess;

/// <summary>Kills this process, as a power cut would end it, at the first event that is the end.</summary>
internal sealed class KillingSink(Func<DeployEvent, bool> isEnd) : IProgressSink
{
    /// <summary>At the first event whose text starts with <paramref name="awaited"/>.</summary>
    public static KillingSink At(string awaited) => new(deployEvent => Text(deployEvent).StartsWith(awaited, StringComparison.Ordinal));

    /// <summary>At the beginning or end of a step, counted from 1.</summary>
    public static KillingSink AtBoundary(int boundary)
    {
        int seen = 0;
        return new(deployEvent => deployEvent is DeploymentStepStarted or DeploymentStepEnded && ++seen == boundary);
    }

    /// <summary>At an event of whatever kind, counted from 1: also in the middle of a step.</summary>
    public static KillingSink AtEvent(int number)
    {
        int seen = 0;
        return new(_ => Interlocked.Increment(ref seen) == number);
    }

    public void Publish(DeployEvent deployEvent)
    {
        if (!isEnd(deployEvent))
        {
            return;
        }

        using var self = Process.GetCurrentProcess();
        self.Kill();
        // The signal may take a moment; nothing more is done meanwhile.
        self.WaitForExit();
    }

    private static string Text(DeployEvent deployEvent) => deployEvent switch
    {
        DeploymentStepStarted started => $"started {started.Step}",
        DeploymentStepEnded ended => $"ended {ended.Step.Name}",
        ActivityProgress progress => progress.Status,
        Detail detail => detail.Message,
        Notice notice => notice.Message,
        _ => "",
    };
}
