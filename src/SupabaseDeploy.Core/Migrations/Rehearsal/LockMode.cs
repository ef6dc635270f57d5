using System.Text;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// PostgreSQL's lock modes on relations, weakest first
/// (<see href="https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES"/>).
/// </summary>
public enum LockMode
{
    /// <summary>Taken by <c>SELECT</c>.</summary>
    AccessShare = 1,

    /// <summary>Taken by <c>SELECT … FOR UPDATE</c> and by foreign keys.</summary>
    RowShare = 2,

    /// <summary>Taken by <c>INSERT</c>, <c>UPDATE</c> and <c>DELETE</c>.</summary>
    RowExclusive = 3,

    /// <summary>Taken by <c>VACUUM</c>, <c>CREATE INDEX CONCURRENTLY</c> and <c>VALIDATE CONSTRAINT</c>; stops only other such work.</summary>
    ShareUpdateExclusive = 4,

    /// <summary>Taken by <c>CREATE INDEX</c>; stops writes.</summary>
    Share = 5,

    /// <summary>Taken by <c>CREATE TRIGGER</c> and <c>ADD FOREIGN KEY</c>; stops writes.</summary>
    ShareRowExclusive = 6,

    /// <summary>Taken by <c>REFRESH MATERIALIZED VIEW CONCURRENTLY</c>; stops writes.</summary>
    Exclusive = 7,

    /// <summary>Taken by most forms of <c>ALTER TABLE</c>; stops everything.</summary>
    AccessExclusive = 8,
}

/// <summary>What of an application a lock keeps waiting.</summary>
public enum BlockedAccess
{
    /// <summary>Neither reads nor writes.</summary>
    None,

    /// <summary>Writes; reads go on.</summary>
    Writes,

    /// <summary>Reads and writes.</summary>
    ReadsAndWrites,
}

/// <summary>What lock modes mean.</summary>
internal static class LockModes
{
    /// <summary>What of an application waits for a holder of <paramref name="mode"/>.</summary>
    public static BlockedAccess Blocks(this LockMode mode) => mode switch
    {
        LockMode.AccessExclusive => BlockedAccess.ReadsAndWrites,
        >= LockMode.Share => BlockedAccess.Writes,
        _ => BlockedAccess.None,
    };

    /// <summary>The mode as SQL writes it: <c>ACCESS EXCLUSIVE</c>.</summary>
    public static string Words(this LockMode mode)
    {
        var words = new StringBuilder();
        foreach (char c in mode.ToString())
        {
            words.Append(char.IsUpper(c) && words.Length > 0 ? " " : "").Append(char.ToUpperInvariant(c));
        }

        return words.ToString();
    }

    /// <summary>Reads <c>pg_locks.mode</c>: <c>AccessExclusiveLock</c>.</summary>
    public static LockMode Parse(string text) => Enum.Parse<LockMode>(text[..^"Lock".Length]);
}
