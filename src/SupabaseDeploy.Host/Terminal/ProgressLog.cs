using System.Management.Automation;

namespace SupabaseDeploy.Host.Terminal;

/// <summary>
/// Progress where there is no terminal: one line for each stage of an activity, on standard error. What moves within a stage is left out.
/// pwsh shows nothing there, which leaves the reader of a CI log with a silent job and no clue where it hangs.
/// </summary>
internal sealed class ProgressLog(TextWriter output) : IProgressView
{
    private readonly Dictionary<(int Id, string Activity), string> _stages = [];

    public void Update(ProgressRecord record)
    {
        (int, string) activity = (record.ActivityId, record.Activity);
        if (record.RecordType == ProgressRecordType.Completed)
        {
            _stages.Remove(activity);
            return;
        }

        string stage = record.StatusDescription;
        if (_stages.TryGetValue(activity, out string? known) && known == stage)
        {
            return;
        }

        _stages[activity] = stage;
        output.WriteLine($"{record.Activity}: {stage}");
    }

    public void Hide()
    {
    }

    public void Reset() => _stages.Clear();
}
