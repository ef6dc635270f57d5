namespace SupabaseDeploy.Postgres;

/// <summary>Line and column of a place in a text, as an editor counts them: from 1, in characters (not UTF-16 units), lines ending with LF or CRLF.</summary>
internal sealed class TextPlace(string text)
{
    private int _position;
    private int _lineStart;
    private int _characters;

    public int Line { get; private set; } = 1;

    // Counted on the way: a file of one long line would otherwise be counted once a statement.
    public int Column => 1 + _characters;

    /// <summary>The text of the line, without its end.</summary>
    public string LineText
    {
        get
        {
            int end = text.IndexOf('\n', _position);
            return text[_lineStart..(end < 0 ? text.Length : end)].TrimEnd('\r');
        }
    }

    /// <summary>The place of one offset.</summary>
    public static TextPlace Of(string text, int offset)
    {
        var place = new TextPlace(text);
        place.MoveTo(offset);
        return place;
    }

    /// <summary>Moves forward to <paramref name="offset"/>, in UTF-16 units.</summary>
    public void MoveTo(int offset)
    {
        ReadOnlySpan<char> passed = text.AsSpan(_position, offset - _position);
        int last = passed.LastIndexOf('\n');
        if (last >= 0)
        {
            Line += passed.Count('\n');
            _lineStart = _position + last + 1;
            _characters = 0;
        }

        _characters += Characters(passed[(last + 1)..]);

        _position = offset;
    }

    /// <summary>Offset in UTF-16 units of the <paramref name="count"/>th character of <paramref name="text"/>, both from 0; PostgreSQL counts characters.</summary>
    public static int OffsetOf(ReadOnlySpan<char> text, int count)
    {
        int offset = 0;
        for (; count > 0 && offset < text.Length; count--)
        {
            offset += char.IsHighSurrogate(text[offset]) && offset + 1 < text.Length ? 2 : 1;
        }

        return offset;
    }

    private static int Characters(ReadOnlySpan<char> span)
    {
        int count = span.Length;
        foreach (char c in span)
        {
            count -= char.IsLowSurrogate(c) ? 1 : 0;
        }

        return count;
    }
}
