using System.Management.Automation;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>Turns Core's events into the streams of one command.</summary>
internal sealed class PipelineSink(AsyncCmdlet cmdlet) : IProgressSink
{
    public void Publish(DeployEvent deployEvent) => cmdlet.Post(() => Write(deployEvent));

    private void Write(DeployEvent deployEvent)
    {
        switch (deployEvent)
        {
            case ActivityProgress progress:
                cmdlet.WriteProgress(Record(progress));
                break;
            case ActivityCompleted completed:
                cmdlet.WriteProgress(new ProgressRecord(ActivityId(completed.Activity), completed.Activity, "Done") { RecordType = ProgressRecordType.Completed });
                break;
            case DeploymentStepStarted started:
                cmdlet.WriteProgress(StepProgress.Record(started, ActivityId(started.Activity)));
                break;
            case DeploymentStepEnded ended:
                cmdlet.WriteVerbose(StepProgress.Describe(ended.Step));
                break;
            case MigrationApplied applied:
                cmdlet.WriteVerbose(applied.ToString());
                break;
            case Detail detail:
                cmdlet.WriteVerbose(detail.Message);
                break;
            case Notice notice:
                cmdlet.WriteInformation(Record(notice, cmdlet.MyInvocation.MyCommand.Name));
                break;
            case Caution caution:
                cmdlet.WriteWarning(caution.Message);
                break;
            default:
                throw new InvalidOperationException($"No stream is assigned to '{deployEvent.GetType().Name}'.");
        }
    }

    private static ProgressRecord Record(ActivityProgress progress) => new(ActivityId(progress.Activity), progress.Activity, progress.Status)
    {
        CurrentOperation = progress.Operation,
        PercentComplete = progress.Percent is { } percent ? (int)Math.Clamp(percent, 0, 100) : -1,
        SecondsRemaining = progress.Remaining is { } remaining ? (int)remaining.TotalSeconds : -1,
    };

    // Tagged as Write-Host does: shown without being asked for, and still a record that can be redirected.
    private static InformationRecord Record(Notice notice, string source)
    {
        var record = new InformationRecord(new HostInformationMessage { Message = notice.Message }, source);
        record.Tags.Add("PSHOST");
        return record;
    }

    private static int ActivityId(string activity) => string.GetHashCode(activity, StringComparison.Ordinal) & int.MaxValue;
}
