using System.Diagnostics;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.KilledProcess;

/// <summary>Kills this process at the first event whose text starts with what it waits for.</summary>
internal sealed class KillingSink(string awaited) : IProgressSink
{
    public void Publish(DeployEvent deployEvent)
    {
        string text = deployEvent switch
        {
            DeploymentStepStarted started => $"started {started.Step}",
            DeploymentStepEnded ended => $"ended {ended.Step.Name}",
            ActivityProgress progress => progress.Status,
            Detail detail => detail.Message,
            _ => "",
        };
        if (!text.StartsWith(awaited, StringComparison.Ordinal))
        {
            return;
        }

        using var self = Process.GetCurrentProcess();
        self.Kill();
        // The signal may take a moment; nothing more is done meanwhile.
        self.WaitForExit();
    }
}
