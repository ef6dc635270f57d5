namespace SupabaseDeploy.Host.Terminal;

/// <summary>One line typed at a terminal, with the keys a person expects: arrows, Home, End, history, Tab, Ctrl+C, Ctrl+D.</summary>
internal sealed class LineEditor(KeyReader keys, TextWriter output, Func<int> width)
{
    private string _label = "";
    private string _text = "";
    private int _cursor;
    private int _cursorRow;
    private bool _masked;

    /// <summary>Earlier lines, oldest first, for the up and down keys.</summary>
    public IReadOnlyList<string> History { get; init; } = [];

    /// <summary>Gives the line and cursor after Tab, or null when there is nothing to complete.</summary>
    public Func<string, int, (string Text, int Cursor)?>? Complete { get; init; }

    /// <summary>Reads a line after <paramref name="label"/>; null after Ctrl+C, Ctrl+D on an empty line, or when nobody waits any more.</summary>
    public string? Read(string label, bool masked = false)
    {
        // The label's last line is drawn again with the text; what stands above it is written once.
        int lastLine = label.LastIndexOf('\n') + 1;
        output.Write(label[..lastLine]);
        (_label, _text, _cursor, _cursorRow, _masked) = (label[lastLine..], "", 0, 0, masked);
        bool treated = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            return ReadKeys();
        }
        finally
        {
            Console.TreatControlCAsInput = treated;
            output.WriteLine();
        }
    }

    private string? ReadKeys()
    {
        int shown = History.Count;
        Draw();
        while (keys.Read() is { } key)
        {
            bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    MoveTo(_text.Length);
                    return _text;
                case ConsoleKey.C when control:
                case ConsoleKey.D when control && _text.Length == 0:
                    return null;
                case ConsoleKey.UpArrow when shown > 0:
                    Replace(History[--shown]);
                    break;
                case ConsoleKey.DownArrow when shown < History.Count:
                    Replace(++shown < History.Count ? History[shown] : "");
                    break;
                case ConsoleKey.Tab when Complete?.Invoke(_text, _cursor) is { } completed:
                    (_text, _cursor) = completed;
                    Draw();
                    break;
                default:
                    Edit(key, control);
                    break;
            }
        }

        return null;
    }

    private void Edit(ConsoleKeyInfo key, bool control)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
            case ConsoleKey.B when control:
                MoveTo(_cursor - 1);
                break;
            case ConsoleKey.RightArrow:
            case ConsoleKey.F when control:
                MoveTo(_cursor + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                MoveTo(0);
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                MoveTo(_text.Length);
                break;
            case ConsoleKey.Backspace when _cursor > 0:
                _text = _text.Remove(_cursor - 1, 1);
                MoveTo(_cursor - 1);
                break;
            case ConsoleKey.Delete when _cursor < _text.Length:
                _text = _text.Remove(_cursor, 1);
                Draw();
                break;
            case ConsoleKey.U when control:
            case ConsoleKey.Escape:
                Replace("");
                break;
            default:
                Insert(key.KeyChar);
                break;
        }
    }

    private void Insert(char typed)
    {
        if (char.IsControl(typed))
        {
            return;
        }

        _text = _text.Insert(_cursor, typed.ToString());
        MoveTo(_cursor + 1);
    }

    private void Replace(string text)
    {
        _text = text;
        MoveTo(text.Length);
    }

    private void MoveTo(int cursor)
    {
        _cursor = Math.Clamp(cursor, 0, _text.Length);
        Draw();
    }

    /// <summary>Draws label and text anew, over as many rows as they fill, and puts the cursor in its place.</summary>
    private void Draw()
    {
        int columns = Math.Max(1, width());
        string shown = _label + (_masked ? new string('*', _text.Length) : _text);
        int end = shown.Length;
        int at = _label.Length + _cursor;

        // A terminal leaves the cursor on a full row until the next character: the blank moves it on.
        string edge = end > 0 && end % columns == 0 ? " \b" : "";
        string drawn = Up(_cursorRow) + "\r\u001b[J" + shown + edge + Up((end / columns) - (at / columns)) + "\r" + Right(at % columns);
        _cursorRow = at / columns;
        output.Write(drawn);
        output.Flush();
    }

    private static string Up(int rows) => rows > 0 ? $"\u001b[{rows}A" : "";

    private static string Right(int columns) => columns > 0 ? $"\u001b[{columns}C" : "";
}
