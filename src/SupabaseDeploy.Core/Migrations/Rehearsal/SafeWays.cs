using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>How to write a statement so that it does the same and nobody waits. The guide <c>docs/rehearsal.md</c> shows each in full.</summary>
internal static class SafeWays
{
    public const string Brief =
        "Set a lock_timeout for the environment, so that it gives way and is tried again instead of holding everybody up behind it.";

    public const string Hold = "Move the statement that takes long into a later file of its own, so that this lock is released before.";

    /// <summary>For work on the whole of a table; null when there is nothing better.</summary>
    public static string? For(SqlStatement statement, RelationWorkKind kind)
    {
        HashSet<string> words = [.. statement.Words()];
        return kind switch
        {
            RelationWorkKind.IndexBuild => ForIndex(words),
            RelationWorkKind.Rewrite => ForRewrite(words),
            RelationWorkKind.Truncate => "Take a backup first, or delete in batches what may go.",
            _ => ForScan(words),
        };
    }

    /// <summary>For a dropped table or column.</summary>
    public static string ForDrop(DroppedObject dropped) => dropped.Kind == "table column"
        ? "Release an application that no longer uses the column first, take a backup, then drop it."
        : "Rename it first and drop it in a later release, when nobody has missed it; take a backup before that.";

    private static string? ForIndex(HashSet<string> words) => words switch
    {
        _ when words.Contains("CONCURRENTLY") => null,
        _ when words.Contains("REINDEX") => "Use REINDEX … CONCURRENTLY in a migration file of its own.",
        _ when words.Contains("ALTER") && words.Contains("EXCLUDE") => "Run it at a quiet time: an exclusion constraint cannot be built concurrently.",
        _ when words.Contains("ALTER") && words.Contains("TYPE") => ExpandAndContract,
        _ when words.Contains("ALTER") => "Build the index first with CREATE UNIQUE INDEX CONCURRENTLY in a migration file of its own, then ADD CONSTRAINT … USING INDEX, which is instant.",
        _ => "Use CREATE INDEX CONCURRENTLY in a migration file of its own: it blocks neither reads nor writes.",
    };

    private const string ExpandAndContract =
        "Expand and contract: add a new column, keep it up to date with a trigger, fill it in batches, switch the application, then drop the old one.";

    private static string ForRewrite(HashSet<string> words) => words switch
    {
        _ when words.Contains("REFRESH") => "Use REFRESH MATERIALIZED VIEW CONCURRENTLY; it needs a unique index on the view.",
        _ when words.Contains("VACUUM") || words.Contains("CLUSTER") => "Use plain VACUUM, or the extension pg_repack, which rewrites while the table is used.",
        _ when words.Contains("TYPE") => ExpandAndContract,
        _ when words.Contains("GENERATED") || words.Contains("SERIAL") || words.Contains("BIGSERIAL") || words.Contains("IDENTITY") =>
            "Add a plain column that may be null, fill it in batches and keep it up to date with a trigger or a default.",
        _ when words.Contains("DEFAULT") || words.Contains("ADD") =>
            "Add the column without the default, set the default in a second statement (it then counts for new rows only), and fill the old rows in batches.",
        _ => "Run it at a quiet time, with the application in maintenance.",
    };

    private static string? ForScan(HashSet<string> words) => words switch
    {
        _ when words.Contains("VALIDATE") => null,
        _ when words.Contains("REFERENCES") => "ADD CONSTRAINT … FOREIGN KEY … NOT VALID first, then VALIDATE CONSTRAINT in a later migration file: it lets reads and writes go on.",
        _ when words.Contains("CHECK") => "ADD CONSTRAINT … CHECK … NOT VALID first, then VALIDATE CONSTRAINT in a later migration file: it lets reads and writes go on.",
        _ when words.Contains("ATTACH") => "Give the partition a CHECK constraint that equals its bounds before, NOT VALID and then validated: ATTACH then reads nothing.",
        _ when words.Contains("ALTER") && words.Contains("NULL") =>
            "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT in a later file, then SET NOT NULL, which then reads nothing; drop the check at the end.",
        _ when words.Contains("UPDATE") || words.Contains("DELETE") =>
            "Change the rows in batches of some thousands, each its own transaction, outside of the migration or in a procedure that commits.",
        _ => null,
    };
}
