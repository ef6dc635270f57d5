using System.Globalization;
using System.Management.Automation;

namespace SupabaseDeploy.Host.Terminal;

/// <summary>Progress on a terminal: one line that is drawn over itself and erased before anything else is written.</summary>
internal sealed class ProgressLine(TextWriter output, Func<int> width, TimeProvider time) : IProgressView
{
    private const int BarWidth = 20;
    private const string EraseLine = "\r\u001b[K";
    private static readonly TimeSpan s_shortestStay = TimeSpan.FromMilliseconds(80);

    private long? _drawnAt;
    private string? _drawnStage;
    private bool _visible;

    public void Update(ProgressRecord record)
    {
        if (record.RecordType == ProgressRecordType.Completed)
        {
            Hide();
            return;
        }

        string stage = record.Activity + record.StatusDescription;
        if (_visible && stage == _drawnStage && _drawnAt is { } drawnAt && time.GetElapsedTime(drawnAt) < s_shortestStay)
        {
            return;
        }

        output.Write(EraseLine + Text(record, width() - 1));
        output.Flush();
        _visible = true;
        _drawnAt = time.GetTimestamp();
        _drawnStage = stage;
    }

    public void Hide()
    {
        if (!_visible)
        {
            return;
        }

        output.Write(EraseLine);
        output.Flush();
        _visible = false;
    }

    public void Reset() => Hide();

    /// <summary><c>Restore production: copying rows [#########-----------] 45 % 00:12 left</c>, cut to <paramref name="width"/>.</summary>
    internal static string Text(ProgressRecord record, int width)
    {
        string end = "";
        if (record.PercentComplete >= 0)
        {
            int filled = BarWidth * Math.Min(record.PercentComplete, 100) / 100;
            end += $" [{new string('#', filled)}{new string('-', BarWidth - filled)}] {record.PercentComplete} %";
        }

        if (record.SecondsRemaining >= 0)
        {
            end += TimeSpan.FromSeconds(record.SecondsRemaining).ToString(@"\ hh\:mm\:ss", CultureInfo.InvariantCulture) + " left";
        }

        string operation = string.IsNullOrEmpty(record.CurrentOperation) ? "" : ": " + record.CurrentOperation;
        string start = $"{record.Activity}: {record.StatusDescription}{operation}".ReplaceLineEndings(" ");
        int room = Math.Max(0, width - end.Length);
        string line = (start.Length <= room ? start : start[..room]) + end;
        return line.Length <= width ? line : line[..Math.Max(0, width)];
    }
}
