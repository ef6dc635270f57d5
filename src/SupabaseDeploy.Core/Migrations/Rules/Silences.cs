using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>
/// The comments of one file that silence rules for one statement: <c>-- supabase-deploy: ignore rls-disabled -- public lookup table</c>, before the
/// statement, in it, or behind it on its last line.
/// </summary>
internal sealed class Silences
{
    private const string Mark = "supabase-deploy:";

    private readonly List<Silence> _silences = [];
    private readonly List<(Origin Origin, Breach Breach)> _problems = [];
    private readonly CheckedFile _file;

    public Silences(CheckedFile file)
    {
        _file = file;
        if (!file.Text.Contains(Mark, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        for (int i = 0; i < file.Statements.Count; i++)
        {
            SqlStatement statement = file.Statements[i];
            ReadComments(i, statement.Start, statement.Start + statement.Text.Length);
        }
    }

    /// <summary>Takes out what is silenced, and adds what is wrong with the comments.</summary>
    public IEnumerable<(Origin Origin, Breach Breach)> Apply(IEnumerable<(Origin Origin, Breach Breach)> findings)
    {
        var left = new List<(Origin Origin, Breach Breach)>();
        ILookup<int, Silence> byStatement = _silences.ToLookup(silence => silence.Statement);
        foreach ((Origin Origin, Breach Breach) finding in findings)
        {
            List<Silence> matching = [.. byStatement[finding.Origin.Statement].Where(silence => silence.Rule == finding.Breach.Rule)];
            matching.ForEach(silence => silence.IsUsed = true);
            if (!matching.Exists(silence => silence.HasReason))
            {
                left.Add(finding);
            }
        }

        return left.Concat(_problems).Concat(_silences.Where(silence => !silence.IsUsed).Select(Unused));
    }

    private void ReadComments(int statement, int start, int end)
    {
        for (int position = start; position < end;)
        {
            SqlToken token = SqlLexer.Read(_file.Text, position);
            position = token.End;
            ReadOnlySpan<char> text = _file.Text.AsSpan(token.Start, token.End - token.Start);
            if (token.Kind == SqlTokenKind.Comment)
            {
                Read(BelongsToPrevious(statement, token.Start) ? statement - 1 : statement, token.Start, text);
            }
            else if (token.Kind == SqlTokenKind.Text && text[0] == '$' && text.Contains(Mark, StringComparison.OrdinalIgnoreCase))
            {
                int tag = text[1..].IndexOf('$') + 2;
                ReadComments(statement, token.Start + tag, token.End - tag);
            }
        }
    }

    /// <summary>True when the comment stands on the last line of the statement before.</summary>
    private bool BelongsToPrevious(int statement, int offset)
    {
        if (statement == 0)
        {
            return false;
        }

        SqlStatement previous = _file.Statements[statement - 1];
        return !_file.Text.AsSpan(previous.Start + previous.Text.Length, offset - previous.Start - previous.Text.Length).Contains('\n');
    }

    private void Read(int statement, int offset, ReadOnlySpan<char> comment)
    {
        string text = comment.Trim("-/*").Trim().ToString();
        if (!text.StartsWith(Mark, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        string[] words = text[Mark.Length..].Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words is not ["ignore", _])
        {
            Add(statement, offset, RuleTable.SilenceUnknown, $"'{text}' says nothing this module knows.", "Write 'supabase-deploy: ignore <rule> -- <reason>'.");
            return;
        }

        string[] parts = words[1].Split("--", 2, StringSplitOptions.TrimEntries);
        bool hasReason = parts is [_, { Length: > 0 }];
        foreach (string id in parts[0].Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            if (RuleTable.All.FirstOrDefault(rule => rule.Id == id) is { } rule)
            {
                _silences.Add(new Silence(statement, offset, rule, hasReason));
            }
            else
            {
                Add(statement, offset, RuleTable.SilenceUnknown, $"There is no rule '{id}'.{Suggestion.For(id, RuleTable.All.Select(known => known.Id))}", "Correct the name, or take it out.");
            }
        }

        if (!hasReason)
        {
            Add(
                statement, offset, RuleTable.SilenceWithoutReason, $"'{text}' does not say why; it silences nothing.",
                $"Write the reason behind two hyphens: '-- supabase-deploy: ignore {parts[0]} -- <reason>'.");
        }
    }

    private void Add(int statement, int offset, MigrationRule rule, string message, string remedy) =>
        _problems.Add((new Origin(_file.Number, statement, offset), new Breach(rule, "", message, remedy)));

    private (Origin Origin, Breach Breach) Unused(Silence silence) => (
        new Origin(_file.Number, silence.Statement, silence.Offset),
        new Breach(RuleTable.SilenceUnused, "", $"The statement does not break '{silence.Rule}'.", "Take the rule out of the comment."));

    private sealed record Silence(int Statement, int Offset, MigrationRule Rule, bool HasReason)
    {
        public bool IsUsed { get; set; }
    }
}
