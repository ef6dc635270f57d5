using System.Text;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Reads what is added to a log. When the log becomes <c>&lt;file&gt;.1</c> because it is full, what was added to it before that is read
/// to its end first.
/// </summary>
internal sealed class LogFollower(string path) : IDisposable
{
    private const int TailBytes = 512 * 1024;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly List<byte> _unfinished = [];
    private FileStream? _file;

    /// <summary>The last lines that are in the file now, at most so many. What is added from now on is read by <see cref="ReadAdded"/>.</summary>
    public IReadOnlyList<string> ReadTail(int lines)
    {
        if (!TryOpen())
        {
            return [];
        }

        long skipped = Math.Max(0, _file!.Length - TailBytes);
        _file.Position = skipped;
        // Where reading begins in the middle of a line, that line is left out.
        IEnumerable<string> read = ReadLines().ToList();
        return [.. (skipped > 0 ? read.Skip(1) : read).TakeLast(lines)];
    }

    /// <summary>The lines that were completed since the last call.</summary>
    public IReadOnlyList<string> ReadAdded()
    {
        if (!TryOpen())
        {
            return [];
        }

        List<string> lines = [.. ReadLines()];
        if (IsReplaced())
        {
            lines.AddRange(ReadLines()); // Between the first reading and the look.
            _file!.Dispose();
            _file = null;
            _unfinished.Clear();
            lines.AddRange(TryOpen() ? ReadLines() : []);
        }

        return lines;
    }

    public void Dispose() => _file?.Dispose();

    private bool TryOpen()
    {
        try
        {
            _file ??= new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false; // The service has not written anything yet.
        }
    }

    // A new file is shorter than the one that was full, or was begun anew by a start.
    private bool IsReplaced()
    {
        var now = new FileInfo(path);
        return !now.Exists || now.Length < _file!.Position;
    }

    private IEnumerable<string> ReadLines()
    {
        int read;
        while ((read = _file!.Read(_buffer)) > 0)
        {
            for (int at = 0; at < read; at++)
            {
                if (_buffer[at] != '\n')
                {
                    _unfinished.Add(_buffer[at]);
                    continue;
                }

                yield return Encoding.UTF8.GetString([.. _unfinished]).TrimEnd('\r');
                _unfinished.Clear();
            }
        }
    }
}
