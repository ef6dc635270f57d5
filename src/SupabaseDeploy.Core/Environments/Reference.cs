namespace SupabaseDeploy.Environments;

/// <summary>Where the value of a reference comes from.</summary>
internal enum ReferenceSource
{
    /// <summary><c>${NAME}</c>.</summary>
    Variable,

    /// <summary><c>${secret:NAME}</c>.</summary>
    Secret,

    /// <summary><c>${file:PATH}</c>.</summary>
    File,
}

/// <summary>One <c>${…}</c> in a text. <c>$${</c> stands for a literal <c>${</c>.</summary>
/// <param name="Source">Where its value comes from.</param>
/// <param name="Name">Variable, secret or path.</param>
internal sealed record Reference(ReferenceSource Source, string Name)
{
    private const string Forms = "'${NAME}', '${secret:NAME}' or '${file:PATH}'";

    /// <summary>True when the text holds a reference.</summary>
    public static bool IsIn(string text) => Parts(text).Any(part => part.Reference is not null);

    /// <summary>What is wrong with the form of the references in <paramref name="text"/>; null when nothing is.</summary>
    public static string? FormProblem(string text) =>
        Parts(text).Select(part => part.Problem).FirstOrDefault(problem => problem is not null);

    /// <summary>What is wrong with the references in a text whose value is shown, logged or an argument of a program; null when nothing is.</summary>
    public static string? PublicProblem(string text) =>
        FormProblem(text) is { } problem ? problem
        : Parts(text).FirstOrDefault(part => part.Reference?.Source == ReferenceSource.Secret).Reference is { } secret ? $"'{secret}' is a secret, and the value of this key is shown; expected '${{{secret.Name}}}' if it is none."
        : null;

    /// <summary>The text in pieces: literals and references.</summary>
    public static IEnumerable<(string? Literal, Reference? Reference, string? Problem)> Parts(string text)
    {
        int position = 0;
        while (position < text.Length)
        {
            int start = text.IndexOf("${", position, StringComparison.Ordinal);
            if (start < 0)
            {
                break;
            }

            if (start > 0 && text[start - 1] == '$')
            {
                yield return (text[position..(start - 1)] + "${", null, null);
                position = start + 2;
                continue;
            }

            yield return (text[position..start], null, null);
            int end = text.IndexOf('}', start);
            if (end < 0)
            {
                yield return (null, null, $"'{text[start..]}' has no closing brace; expected {Forms}.");
                yield break;
            }

            string shown = text[start..(end + 1)];
            yield return Parse(text[(start + 2)..end]) is { } reference
                ? (null, reference, null)
                : (null, null, $"'{shown}' is not a reference; expected {Forms}.");
            position = end + 1;
        }

        yield return (text[position..], null, null);
    }

    /// <inheritdoc/>
    public override string ToString() => Source switch
    {
        ReferenceSource.Variable => $"${{{Name}}}",
        ReferenceSource.Secret => $"${{secret:{Name}}}",
        _ => $"${{file:{Name}}}",
    };

    private static Reference? Parse(string inner)
    {
        string[] halves = inner.Split(':', 2);
        return halves switch
        {
            [var name] when IsName(name) => new Reference(ReferenceSource.Variable, name),
            ["secret", var name] when IsName(name) => new Reference(ReferenceSource.Secret, name),
            ["file", { Length: > 0 } path] => new Reference(ReferenceSource.File, path),
            _ => null,
        };
    }

    // Also keeps the name of a secret's file inside its folder.
    private static bool IsName(string text) =>
        text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] == '_') && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
