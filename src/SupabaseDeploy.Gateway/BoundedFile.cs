namespace SupabaseDeploy.Gateway;

/// <summary>
/// A file of lines that, when it is full, becomes <c>&lt;file&gt;.1</c> and replaces the one before, so that a gateway that runs for
/// months keeps at most two files of <see cref="MaximumBytes"/> for each log.
/// </summary>
internal sealed class BoundedFile : IDisposable
{
    public const long MaximumBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly string _path;
    private StreamWriter? _writer;
    private bool _isDisposed;

    public BoundedFile(string path)
    {
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _writer = Open();
    }

    /// <summary>Adds a line, or several that stay together.</summary>
    public void WriteLine(string text) => WriteLines([text]);

    /// <summary>Adds lines, with one write. One that fails loses its lines, and the next one is tried all the same.</summary>
    public void WriteLines(IReadOnlyList<string> lines)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _writer ??= Open();
            if (_writer.BaseStream.Length >= MaximumBytes)
            {
                _writer.Dispose();
                _writer = null;
                File.Move(_path, _path + ".1", overwrite: true);
                _writer = Open();
            }

            foreach (string line in lines)
            {
                _writer.WriteLine(line);
            }

            _writer.Flush();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _writer?.Dispose();
        }
    }

    // Without a buffer of the stream's own, nothing that a full disk refused is left to be written when it is closed.
    private StreamWriter Open() =>
        new(new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
}
