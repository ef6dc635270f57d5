using System.Text;

namespace SupabaseDeploy.Postgres;

/// <summary>The last characters of a stream, so that a talkative program cannot fill the memory.</summary>
internal sealed class OutputTail(int limit, Action<string>? lineReceived)
{
    private readonly StringBuilder _kept = new();
    private readonly StringBuilder _line = new();

    /// <summary>True when the beginning was dropped.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Reads to the end of the stream, or until the token says that no more will come.</summary>
    public async Task ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        char[] buffer = new char[8192];
        try
        {
            int count;
            while ((count = await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                Append(buffer.AsSpan(0, count));
            }
        }
        catch (OperationCanceledException)
        {
            // The stream is held open by a process that outlives the program; what was read so far is its output.
        }

        Tell(flush: true);
    }

    /// <inheritdoc/>
    public override string ToString() => _kept.ToString();

    private void Append(ReadOnlySpan<char> text)
    {
        _kept.Append(text);
        if (_kept.Length > limit)
        {
            _kept.Remove(0, _kept.Length - limit);
            IsTruncated = true;
        }

        if (lineReceived is null)
        {
            return;
        }

        foreach (char character in text)
        {
            if (character == '\n')
            {
                Tell(flush: false);
            }
            else
            {
                _line.Append(character);
            }
        }
    }

    private void Tell(bool flush)
    {
        if (lineReceived is null || (flush && _line.Length == 0))
        {
            return;
        }

        string line = _line.ToString().TrimEnd('\r');
        _line.Clear();
        lineReceived(line);
    }
}
