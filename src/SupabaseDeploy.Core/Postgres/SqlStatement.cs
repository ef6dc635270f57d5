namespace SupabaseDeploy.Postgres;

/// <summary>One statement of a script, with its comments and without its final semicolon. Keeps places in the script, not a copy of it.</summary>
public sealed record SqlStatement
{
    /// <summary>What is sent to the server; made anew each time it is asked for.</summary>
    public string Text => Script.Substring(Start, Length);

    /// <summary><see cref="Text"/> without the comments in front of its first word.</summary>
    internal string Code => Script[CodeStart..(Start + Length)];

    /// <summary>Where it starts in the script, counted in UTF-16 units from 0.</summary>
    public required int Start { get; init; }

    /// <summary>Its length in UTF-16 units.</summary>
    public required int Length { get; init; }

    /// <summary>Where its first word starts, behind its comments; the same as <see cref="Start"/> when it is only comments.</summary>
    public required int CodeStart { get; init; }

    /// <summary>False when it is nothing but comments, for which the server does nothing.</summary>
    public required bool HasCode { get; init; }

    /// <summary>Line of <see cref="CodeStart"/>, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Column of <see cref="CodeStart"/> in characters, from 1.</summary>
    public required int Column { get; init; }

    /// <summary>The rows that follow a <c>COPY … FROM STDIN</c>, without the closing <c>\.</c>; null for any other statement.</summary>
    public string? CopyData => CopyRows is { } rows ? Script[rows] : null;

    /// <summary>Where a psql command (<c>\connect</c>) stands in the script; null when there is none.</summary>
    public int? MetaCommandStart { get; init; }

    /// <summary>The statement as the history keeps it: with the rows of a <c>COPY</c>, so that it is whole.</summary>
    public string StoredText => CopyRows is null ? Text : $"{Text};\n{CopyData}\\.";

    /// <summary><see cref="StoredText"/>, without a copy where it stands in the script just so.</summary>
    internal ReadOnlyMemory<char> Stored
    {
        get
        {
            if (CopyRows is not { } rows)
            {
                return Script.AsMemory(Start, Length);
            }

            int end = Start + Length;
            ReadOnlySpan<char> whole = Script;
            return whole[end..rows.Start.Value] is ";\n" && whole[rows.End.Value..].StartsWith("\\.", StringComparison.Ordinal)
                ? Script.AsMemory(Start..(rows.End.Value + 2))
                : StoredText.AsMemory();
        }
    }

    /// <summary>The whole text that the places are in.</summary>
    internal string Script { get; init; } = "";

    /// <summary>Where the rows of a <c>COPY</c> stand in <see cref="Script"/>.</summary>
    internal Range? CopyRows { get; init; }

    /// <summary>The first words in upper case, without names in quotes, strings and comments; enough to tell what kind of statement it is.</summary>
    public IEnumerable<string> Words()
    {
        foreach (SqlToken token in Tokens())
        {
            if (token.Kind == SqlTokenKind.Word)
            {
                yield return Script[token.Start..token.End].ToUpperInvariant();
            }
        }
    }

    /// <summary>What it is made of, without spaces and comments; places are those in <see cref="Script"/>.</summary>
    internal IEnumerable<SqlToken> Tokens()
    {
        for (int position = CodeStart; HasCode && position < Start + Length;)
        {
            SqlToken token = SqlLexer.Read(Script, position);
            position = token.End;
            if (token.Kind is not (SqlTokenKind.Space or SqlTokenKind.Comment))
            {
                yield return token;
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
