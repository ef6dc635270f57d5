using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>How a session is before each file: a file may have changed settings and role, and <c>RESET ALL</c> leaves the role alone.</summary>
/// <param name="Settings">The time limits.</param>
/// <param name="Database">The database, with the role that a session takes on after signing in.</param>
internal sealed record FreshSession(MigrationSettings Settings, DatabaseAddress Database)
{
    private string? Role => Database.Role;

    /// <summary>Leaves the role that a file took on for the rest of its transaction.</summary>
    public string LeaveRole => $"set local role {(Role is null ? "none" : Queries.Quote(Role))}";

    /// <summary>Takes back what scripts changed of the session.</summary>
    public IReadOnlyList<string> Reset =>
        ["reset all", "reset session authorization", Role is null ? "reset role" : $"set role {Queries.Quote(Role)}"];

    /// <summary>Sets the session back to how it is for each file.</summary>
    /// <param name="pending">Takes the statements.</param>
    /// <param name="waitsForNobody">True for what may wait as long as it likes without holding anybody up.</param>
    public void AddTo(PendingBatch pending, bool waitsForNobody = false)
    {
        foreach (string sql in Reset)
        {
            pending.Add(sql);
        }

        if (!waitsForNobody)
        {
            AddLockTimeoutTo(pending);
        }

        if (Settings.StatementTimeout is { } statementTimeout)
        {
            pending.Add(string.Create(CultureInfo.InvariantCulture, $"set statement_timeout = {Milliseconds(statementTimeout)}"));
        }
    }

    /// <summary>Limits the wait for locks again.</summary>
    public void AddLockTimeoutTo(PendingBatch pending)
    {
        if (Settings.LockTimeout is { } lockTimeout)
        {
            pending.Add(string.Create(CultureInfo.InvariantCulture, $"set lock_timeout = {Milliseconds(lockTimeout)}"));
        }
    }

    // Zero would mean no limit.
    private static int Milliseconds(TimeSpan limit) => (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 1, int.MaxValue);
}
