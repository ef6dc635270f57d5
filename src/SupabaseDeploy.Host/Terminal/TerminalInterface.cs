using System.Management.Automation;
using System.Management.Automation.Host;

namespace SupabaseDeploy.Host.Terminal;

/// <summary>Writes the streams where pwsh writes them: errors to standard error, everything else to standard output.</summary>
internal sealed partial class TerminalInterface : PSHostUserInterface, IDisposable
{
    private readonly Lock _gate = new();
    private readonly RawTerminal _raw = new();
    private readonly IProgressView _progress;
    private readonly bool _drawsOnOutput = IsTerminal(Console.IsOutputRedirected);
    private readonly bool _drawsOnError = IsTerminal(Console.IsErrorRedirected);
    private bool _outputAreErrors;

    public TerminalInterface(bool nonInteractive)
    {
        _nonInteractive = nonInteractive;
        _keys = new KeyReader(_abandoned.Token);
        _input = new InputReader(_abandoned.Token);
        _progress = _drawsOnError ? new ProgressLine(Console.Error, WindowWidth, TimeProvider.System)
            : _drawsOnOutput ? new ProgressLine(Console.Out, WindowWidth, TimeProvider.System)
            : new ProgressLog(Console.Error);
        if (Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 })
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        }
    }

    /// <inheritdoc/>
    public override PSHostRawUserInterface RawUI => _raw;

    /// <inheritdoc/>
    public override bool SupportsVirtualTerminal => _drawsOnOutput;

    /// <inheritdoc/>
    public override void Write(string value) => WriteText(value, endLine: false);

    /// <inheritdoc/>
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        WriteText(Coloured(foregroundColor, backgroundColor, value), endLine: false);

    /// <inheritdoc/>
    public override void WriteLine() => WriteText("", endLine: true);

    /// <inheritdoc/>
    public override void WriteLine(string value) => WriteText(value, endLine: true);

    /// <inheritdoc/>
    public override void WriteLine(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        WriteText(Coloured(foregroundColor, backgroundColor, value), endLine: true);

    /// <inheritdoc/>
    public override void WriteErrorLine(string value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        lock (_gate)
        {
            _progress.Hide();
            Console.Error.WriteLine(GetOutputString(value, _drawsOnError));
        }
    }

    /// <inheritdoc/>
    public override void WriteWarningLine(string message) => WriteStyled(FormatStyle.Warning, "WARNING: " + message);

    /// <inheritdoc/>
    public override void WriteVerboseLine(string message) => WriteStyled(FormatStyle.Verbose, "VERBOSE: " + message);

    /// <inheritdoc/>
    public override void WriteDebugLine(string message) => WriteStyled(FormatStyle.Debug, "DEBUG: " + message);

    /// <inheritdoc/>
    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_gate)
        {
            _progress.Update(record);
        }
    }

    /// <summary>Erases what is drawn of progress, for a program that writes to the terminal itself.</summary>
    public void HideProgress()
    {
        lock (_gate)
        {
            _progress.Hide();
        }
    }

    /// <summary>Forgets every activity.</summary>
    public void ResetProgress()
    {
        lock (_gate)
        {
            _progress.Reset();
        }
    }

    /// <summary>Until disposed, what is written as output goes to standard error.</summary>
    public IDisposable WriteOutputAsErrors() => new ErrorOutput(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        ResetProgress();
        _abandoned.Dispose();
    }

    private static bool IsTerminal(bool redirected) => !redirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    private static string Coloured(ConsoleColor foreground, ConsoleColor background, string text)
    {
        string colour = (foreground == ConsoleColor.Gray ? "" : PSStyle.MapForegroundColorToEscapeSequence(foreground))
            + (background == ConsoleColor.Black ? "" : PSStyle.MapBackgroundColorToEscapeSequence(background));
        return colour.Length == 0 ? text : colour + text + PSStyle.Instance.Reset;
    }

    private void WriteStyled(FormatStyle style, string text) =>
        WriteText(_drawsOnOutput ? GetFormatStyleString(style) + text + PSStyle.Instance.Reset : text, endLine: true);

    private void WriteText(string text, bool endLine)
    {
        if (_outputAreErrors)
        {
            WriteErrorLine(text);
            return;
        }

        lock (_gate)
        {
            _progress.Hide();
            string shown = GetOutputString(text, _drawsOnOutput);
            if (endLine)
            {
                Console.Out.WriteLine(shown);
            }
            else
            {
                Console.Out.Write(shown);
            }
        }
    }

    private sealed class ErrorOutput : IDisposable
    {
        private readonly TerminalInterface _terminal;

        public ErrorOutput(TerminalInterface terminal)
        {
            _terminal = terminal;
            terminal._outputAreErrors = true;
        }

        public void Dispose() => _terminal._outputAreErrors = false;
    }
}
