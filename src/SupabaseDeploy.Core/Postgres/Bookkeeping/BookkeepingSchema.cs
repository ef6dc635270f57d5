namespace SupabaseDeploy.Postgres;

/// <summary>The schema <c>supabase_deploy</c> in which we keep locks and deployments. Statements that may be run again.</summary>
internal static class BookkeepingSchema
{
    /// <summary>Makes the schema.</summary>
    public static string Create { get; } = EmbeddedText.Read("Postgres/Bookkeeping/schema.sql");

    /// <summary>Makes the table of lock owners, and the schema for it.</summary>
    public static string CreateLockOwners { get; } = Create + EmbeddedText.Read("Postgres/Bookkeeping/lock_owner.sql");
}
