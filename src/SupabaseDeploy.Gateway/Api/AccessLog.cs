using System.Globalization;
using System.Threading.Channels;

namespace SupabaseDeploy.Gateway.Api;

/// <summary>
/// One line a request to a service. Without the query, which may hold keys and tokens. Requests do not wait for it: lines are
/// written together, as many as there are by then, within a moment.
/// </summary>
internal sealed class AccessLog : IAsyncDisposable
{
    // What one write takes; the file may grow beyond its limit by so many lines.
    private const int Together = 1024;

    // While many come, the writer is not woken by each of them.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(25);

    private readonly BoundedFile _file;
    private readonly TimeProvider _time;
    private readonly Channel<Entry> _entries = Channel.CreateUnbounded<Entry>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;

    public AccessLog(string path, TimeProvider time)
    {
        _file = new BoundedFile(path);
        _time = time;
        _writing = Task.Run(WriteAllAsync);
    }

    public void Write(HttpContext context, long begin) => _entries.Writer.TryWrite(
        new Entry(_time.GetUtcNow(), context.Response.StatusCode, context.Request.Method, context.Request.Path, _time.GetElapsedTime(begin)));

    public async ValueTask DisposeAsync()
    {
        _entries.Writer.Complete();
        await _writing;
        _file.Dispose();
    }

    private async Task WriteAllAsync()
    {
        var lines = new List<string>(Together);
        while (await _entries.Reader.WaitToReadAsync())
        {
            await Task.Delay(s_pause, _time);
            while (lines.Count < Together && _entries.Reader.TryRead(out Entry entry))
            {
                lines.Add(entry.ToString());
            }

            try
            {
                _file.WriteLines(lines);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A full disk: these lines are lost, and requests are answered all the same.
            }

            lines.Clear();
        }
    }

    private readonly record struct Entry(DateTimeOffset Time, int Status, string Method, PathString Path, TimeSpan Elapsed)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"{Time:yyyy-MM-dd HH:mm:ss.fff'Z'} {Status} {Method} {Path} {Elapsed.TotalMilliseconds:0.0} ms");
    }
}
