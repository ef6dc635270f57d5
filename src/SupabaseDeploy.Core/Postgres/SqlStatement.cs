namespace SupabaseDeploy.Postgres;

/// <summary>One statement of a script, with its comments and without its final semicolon.</summary>
public sealed record SqlStatement
{
    /// <summary>What is sent to the server.</summary>
    public required string Text { get; init; }

    /// <summary>Where it starts in the script, counted in UTF-16 units from 0.</summary>
    public required int Start { get; init; }

    /// <summary>Where its first word starts, behind its comments; the same as <see cref="Start"/> when it is only comments.</summary>
    public required int CodeStart { get; init; }

    /// <summary>False when it is nothing but comments, for which the server does nothing.</summary>
    public required bool HasCode { get; init; }

    /// <summary>Line of <see cref="CodeStart"/>, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Column of <see cref="CodeStart"/> in characters, from 1.</summary>
    public required int Column { get; init; }

    /// <summary>The rows that follow a <c>COPY … FROM STDIN</c>, without the closing <c>\.</c>; null for any other statement.</summary>
    public string? CopyData { get; init; }

    /// <summary>Where a psql command (<c>\connect</c>) stands in the script; null when there is none.</summary>
    public int? MetaCommandStart { get; init; }

    /// <summary>The statement as the history keeps it: with the rows of a <c>COPY</c>, so that it is whole.</summary>
    public string StoredText => CopyData is null ? Text : $"{Text};\n{CopyData}\\.";

    /// <summary>The first words in upper case, without names in quotes, strings and comments; enough to tell what kind of statement it is.</summary>
    public IEnumerable<string> Words()
    {
        for (int position = 0; position < Text.Length;)
        {
            SqlToken token = SqlLexer.Read(Text, position);
            position = token.End;
            if (token.Kind == SqlTokenKind.Word)
            {
                yield return Text[token.Start..token.End].ToUpperInvariant();
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
