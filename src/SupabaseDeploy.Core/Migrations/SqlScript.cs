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

    /// <summary>The file opens and ends several transactions, or changes something outside of them too: one after the other.</summary>
    SeveralTransactions,

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

    /// <summary>What is kept or lost together.</summary>
    public IReadOnlyList<StatementGroup> Groups { get; private init; } = [];

    /// <summary>Reads and judges a migration. Nothing is sent to a server.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.SqlFileNotUtf8"/> or <see cref="ErrorTable.MigrationRefused"/>.</exception>
    public static async Task<SqlScript> ReadMigrationAsync(string path, CancellationToken cancellationToken) =>
        Parse(path, await SqlText.ReadAsync(path, cancellationToken).ConfigureAwait(false));

    /// <summary>Reads and judges a file of which nothing is remembered when a part of it was kept, so that it must not have several transactions.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.SqlFileNotUtf8"/> or <see cref="ErrorTable.MigrationRefused"/>.</exception>
    public static async Task<SqlScript> ReadAsync(string path, CancellationToken cancellationToken)
    {
        SqlScript script = await ReadMigrationAsync(path, cancellationToken).ConfigureAwait(false);
        return script.Mode != ScriptMode.SeveralTransactions
            ? script
            : throw script.Refused(
                script.Statements.Skip(script.Groups[0].End).First(statement => statement.HasCode),
                "is behind what is committed before it, and only a migration may have several transactions",
                "Take BEGIN and COMMIT out: the file then runs in one transaction.");
    }

    public static SqlScript Parse(string path, string text)
    {
        var script = new SqlScript(path, text, [.. SqlSplitter.Split(text)]);
        script.RefuseMetaCommands();
        StatementRole[] roles = [.. script.Statements.Select(StatementRoles.Of)];
        ScriptMode mode = script.Judge(roles);
        return new SqlScript(path, text, script.Statements)
        {
            Mode = mode,
            Groups = mode switch
            {
                ScriptMode.OneTransaction => [new(GroupKind.Ours, 0, roles.Length)],
                ScriptMode.EachAlone => [new(GroupKind.Alone, 0, roles.Length)],
                _ => StatementGroup.Of(roles),
            },
        };
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

    private ScriptMode Judge(StatementRole[] roles)
    {
        bool hasControl = roles.Any(role => role is StatementRole.Begin or StatementRole.Commit or StatementRole.OtherTransactionControl);
        if (hasControl)
        {
            RefuseUnlessCommitted(roles);
            return StatementGroup.Of(roles).Count == 1 ? ScriptMode.OwnTransaction : ScriptMode.SeveralTransactions;
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

    /// <summary>Each BEGIN must have a COMMIT of its own: then what says that the statements ran can be committed with them.</summary>
    private void RefuseUnlessCommitted(StatementRole[] roles)
    {
        const string Remedy = "Give each BEGIN one COMMIT, or take both out: a file without them runs in one transaction.";
        if (HasDirective())
        {
            int control = Array.FindIndex(roles, role => role is StatementRole.Begin or StatementRole.Commit or StatementRole.OtherTransactionControl);
            throw Refused(Statements[control], $"is transaction control in a file that says '{NoTransactionDirective}'", Remedy);
        }

        SqlStatement? open = null;
        foreach ((SqlStatement statement, StatementRole role) in Statements.Zip(roles))
        {
            string? why = role switch
            {
                StatementRole.Begin when open is not null => "opens a transaction inside of another",
                StatementRole.Commit when open is null => "ends a transaction that the file did not open",
                StatementRole.OtherTransactionControl => "ends the transaction in a way that leaves the file without a record",
                StatementRole.OutsideTransaction when open is not null => "cannot run in a transaction, and stands in one of the file's own",
                _ => null,
            };
            if (why is not null)
            {
                throw Refused(statement, why, Remedy);
            }

            open = role switch { StatementRole.Begin => statement, StatementRole.Commit => null, _ => open };
        }

        if (open is not null)
        {
            throw Refused(open, "opens a transaction that the file does not commit", Remedy);
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
