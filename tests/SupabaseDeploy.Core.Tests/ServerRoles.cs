namespace SupabaseDeploy.Core.Tests;

/// <summary>
/// Roles belong to the whole server, which the tests of a process share: a role that one test makes and drops is in the backup of
/// another, and missing at its restore. Classes that make roles or restore on that server take turns.
/// </summary>
internal static class ServerRoles
{
    public const string Collection = "Roles of the shared server";
}
