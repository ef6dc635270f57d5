namespace SupabaseDeploy.FlutterApps;

/// <summary>The last lines that Flutter said, for the message when it ends with a failure.</summary>
internal sealed class LastWords
{
    private const int Kept = 40;
    private const int LongestLine = 500;
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();

    /// <summary>Keeps the lines of a text.</summary>
    public void Add(string text)
    {
        lock (_gate)
        {
            foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).TakeLast(Kept))
            {
                _lines.Enqueue(line.Length > LongestLine ? line[..LongestLine] + " …" : line);
                if (_lines.Count > Kept)
                {
                    _lines.Dequeue();
                }
            }
        }
    }

    /// <summary>The compiler's errors where there are any, else the last lines; empty when nothing was said.</summary>
    public override string ToString()
    {
        lock (_gate)
        {
            List<CompileError> errors = [.. _lines.SelectMany(CompileError.Find).Distinct()];
            return string.Join('\n', errors.Count > 0 ? errors.Select(error => error.ToString()) : _lines.TakeLast(8));
        }
    }
}
