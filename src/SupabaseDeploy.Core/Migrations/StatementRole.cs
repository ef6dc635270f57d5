using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>What a statement means for the transaction it runs in.</summary>
internal enum StatementRole
{
    /// <summary>Runs inside a transaction like any other.</summary>
    Ordinary,

    /// <summary>Only comments: the server answers with nothing.</summary>
    Comment,

    /// <summary><c>SET</c>, <c>RESET</c> or <c>NOTIFY</c>: changes no data, so that it may stand outside the transaction.</summary>
    Setting,

    /// <summary><c>BEGIN</c> or <c>START TRANSACTION</c>.</summary>
    Begin,

    /// <summary><c>COMMIT</c> or <c>END</c>.</summary>
    Commit,

    /// <summary>Any other statement that ends a transaction: <c>ROLLBACK</c>, <c>COMMIT AND CHAIN</c>, <c>PREPARE TRANSACTION</c>.</summary>
    OtherTransactionControl,

    /// <summary>The server refuses it inside a transaction: <c>CREATE INDEX CONCURRENTLY</c>, <c>VACUUM</c>.</summary>
    OutsideTransaction,
}

internal static class StatementRoles
{
    // The longest that matters: ALTER TABLE IF EXISTS ONLY s.t DETACH PARTITION s.p CONCURRENTLY.
    private const int SignificantWords = 16;

    // Most statements begin with another word, and are not read further: a row of values may be long.
    private static readonly HashSet<string> s_notable =
    [
        "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "PREPARE", "SET", "RESET", "NOTIFY",
        "VACUUM", "ALTER", "DISCARD", "CLUSTER", "CREATE", "DROP", "REINDEX",
    ];

    public static StatementRole Of(SqlStatement statement)
    {
        if (statement.Words().FirstOrDefault() is { } first && !s_notable.Contains(first))
        {
            return StatementRole.Ordinary;
        }

        string[] words = [.. statement.Words().Take(SignificantWords)];
        return words switch
        {
            [] => statement.HasCode ? StatementRole.Ordinary : StatementRole.Comment,
            ["BEGIN", ..] or ["START", "TRANSACTION", ..] => StatementRole.Begin,
            ["COMMIT", "PREPARED", ..] => StatementRole.OtherTransactionControl,
            ["COMMIT" or "END", ..] => Chains(words) ? StatementRole.OtherTransactionControl : StatementRole.Commit,
            ["ROLLBACK", "TO", ..] or ["ROLLBACK", "WORK" or "TRANSACTION", "TO", ..] => StatementRole.Ordinary,
            ["ROLLBACK" or "ABORT", ..] or ["PREPARE", "TRANSACTION", ..] => StatementRole.OtherTransactionControl,
            ["SET", "LOCAL" or "TRANSACTION" or "CONSTRAINTS", ..] => StatementRole.Ordinary,
            ["SET" or "RESET" or "NOTIFY", ..] => StatementRole.Setting,
            _ => RunsOutsideTransaction(words) ? StatementRole.OutsideTransaction : StatementRole.Ordinary,
        };
    }

    private static bool Chains(string[] words) => words.Contains("CHAIN") && !words.Contains("NO");

    // From the server's calls of PreventInTransactionBlock.
    private static bool RunsOutsideTransaction(string[] words) => words switch
    {
        ["VACUUM", ..] or ["ALTER", "SYSTEM", ..] or ["DISCARD", "ALL", ..] => true,
        ["CLUSTER"] or ["CLUSTER", "VERBOSE"] => true,
        ["CREATE" or "DROP", "DATABASE" or "TABLESPACE", ..] => true,
        ["CREATE", "INDEX", "CONCURRENTLY", ..] or ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", ..] or ["DROP", "INDEX", "CONCURRENTLY", ..] => true,
        ["REINDEX", ..] => words.Contains("CONCURRENTLY") || words.Contains("DATABASE") || words.Contains("SYSTEM") || words.Contains("SCHEMA"),
        ["ALTER", "DATABASE", ..] => Follow(words, "SET", "TABLESPACE"),
        ["ALTER", "TABLE", ..] => Follow(words, "DETACH", "PARTITION") && words.Contains("CONCURRENTLY"),
        _ => false,
    };

    private static bool Follow(string[] words, string first, string second) =>
        Array.IndexOf(words, first) is >= 0 and int index && index + 1 < words.Length && words[index + 1] == second;
}
