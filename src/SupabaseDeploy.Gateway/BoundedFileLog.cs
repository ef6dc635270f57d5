using System.Globalization;

namespace SupabaseDeploy.Gateway;

/// <summary>The gateway's own log.</summary>
internal sealed class BoundedFileLog(string path, TimeProvider time) : ILoggerProvider
{
    private readonly BoundedFile _file = new(path);

    public ILogger CreateLogger(string categoryName) => new CategoryLogger(this, categoryName);

    public void Dispose() => _file.Dispose();

    private void Write(LogLevel level, string category, string message, Exception? exception)
    {
        string now = time.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string line = $"{now} {level,-11} {category}: {message}";
        _file.WriteLine(exception is null ? line : $"{line}{Environment.NewLine}{exception}");
    }

    private sealed class CategoryLogger(BoundedFileLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write(logLevel, category, formatter(state, exception), exception);
            }
        }
    }
}
