using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>How the statements of a script share transactions.</summary>
internal enum ScriptMode
{
    /// <summary>We open one transaction around all of it.</summary>
    OneTransaction,

    /// <summary>The file opens and ends its one transaction itself.</summary>
    OwnTransaction,

    /// <summary>Each statement on its own: they cannot run in a transaction, or the file says so.</summary>
    EachAlone,
}

/// <summary>A file of SQL, read and split, and known to be safe to run as a whole.</summary>
internal sealed class SqlScript
{
    /// <summary>The CLI's directive; it counts only as the whole first line.</summary>
    private const string NoTransactionDirective = "-- pg-delta: transaction=false";

    private SqlScript(string path, string text, IReadOnlyList<SqlStatement> statements)
    {
        Path = path;
        Text = text;
        Statements = statements;
    }

    public string Path { get; }

    public string FileName => System.IO.Path.GetFileName(Path);

    public string Text { get; }

    public IReadOnlyList<SqlStatement> Statements { get; }

    public ScriptMode Mode { get; private init; }

    /// <summary>Reads and judges a file. Nothing is sent to a server.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.SqlFileNotUtf8"/> or <see cref="ErrorTable.MigrationRefused"/>.</exception>
    public static async Task<SqlScript> ReadAsync(string path, CancellationToken cancellationToken) =>
        Parse(path, await SqlText.ReadAsync(path, cancellationToken).ConfigureAwait(false));

    public static SqlScript Parse(string path, string text)
    {
        var script = new SqlScript(path, text, [.. SqlSplitter.Split(text)]);
        script.RefuseMetaCommands();
        return new SqlScript(path, text, script.Statements) { Mode = script.Judge() };
    }

    private void RefuseMetaCommands()
    {
        if (Statements.FirstOrDefault(statement => statement.MetaCommandStart is not null) is { MetaCommandStart: int start })
        {
            var place = TextPlace.Of(Text, start);
            throw new DeployException(
                ErrorTable.MigrationRefused,
                $"'{FileName}', line {place.Line}: '{place.LineText.Trim()}' is a command of psql, not SQL. Nothing was run.",
                "Take the line out, or write it as SQL.",
                Path);
        }
    }

    private ScriptMode Judge()
    {
        StatementRole[] roles = [.. Statements.Select(StatementRoles.Of)];
        bool hasControl = roles.Any(role => role is StatementRole.Begin or StatementRole.Commit or StatementRole.OtherTransactionControl);
        if (hasControl)
        {
            RefuseUnlessOneTransaction(roles);
            return ScriptMode.OwnTransaction;
        }

        if (HasDirective())
        {
            return ScriptMode.EachAlone;
        }

        int outside = Array.IndexOf(roles, StatementRole.OutsideTransaction);
        if (outside < 0)
        {
            return ScriptMode.OneTransaction;
        }

        int ordinary = Array.IndexOf(roles, StatementRole.Ordinary);
        return ordinary < 0
            ? ScriptMode.EachAlone
            : throw Refused(
                Statements[outside],
                $"cannot run in a transaction, and line {Statements[ordinary].Line} needs one",
                FileSplit.Describe(this, roles));
    }

    /// <summary>Everything that changes data must be between one BEGIN and one COMMIT: then the history row can be committed with it.</summary>
    private void RefuseUnlessOneTransaction(StatementRole[] roles)
    {
        const string Remedy = "Take BEGIN and COMMIT out: each file runs in a transaction of its own. Split a file that needs several.";
        if (HasDirective())
        {
            int control = Array.FindIndex(roles, role => role is StatementRole.Begin or StatementRole.Commit or StatementRole.OtherTransactionControl);
            throw Refused(Statements[control], $"is transaction control in a file that says '{NoTransactionDirective}'", Remedy);
        }

        bool isOpen = false;
        bool isDone = false;
        foreach ((SqlStatement statement, StatementRole role) in Statements.Zip(roles))
        {
            string? why = role switch
            {
                StatementRole.Begin when isOpen => "opens a second transaction",
                StatementRole.Begin when isDone => "opens a second transaction: the first would be committed without a record",
                StatementRole.Commit when !isOpen => "ends a transaction that the file did not open",
                StatementRole.OtherTransactionControl => "ends the transaction in a way that leaves the file without a record",
                StatementRole.OutsideTransaction => "cannot run in a transaction, and the file has one",
                StatementRole.Ordinary when !isOpen => "is outside of the file's own transaction",
                _ => null,
            };
            if (why is not null)
            {
                throw Refused(statement, why, Remedy);
            }

            isDone |= role == StatementRole.Commit;
            isOpen = role switch { StatementRole.Begin => true, StatementRole.Commit => false, _ => isOpen };
        }

        if (isOpen)
        {
            throw Refused(Statements[Array.IndexOf(roles, StatementRole.Begin)], "opens a transaction that the file does not commit", Remedy);
        }
    }

    private bool HasDirective()
    {
        ReadOnlySpan<char> first = Text.AsSpan();
        int end = first.IndexOf('\n');
        return (end < 0 ? first : first[..end]).TrimEnd('\r') is NoTransactionDirective;
    }

    private DeployException Refused(SqlStatement statement, string why, string remedy) => new(
        ErrorTable.MigrationRefused,
        $"'{FileName}', line {statement.Line}: '{FirstLine(statement)}' {why}. Nothing was run.",
        remedy,
        Path);

    private string FirstLine(SqlStatement statement)
    {
        ReadOnlySpan<char> code = Text.AsSpan(statement.CodeStart, statement.Start + statement.Text.Length - statement.CodeStart);
        int end = code.IndexOf('\n');
        string line = (end < 0 ? code : code[..end]).Trim().ToString();
        return line.Length <= 80 ? line : line[..79] + "…";
    }
}
