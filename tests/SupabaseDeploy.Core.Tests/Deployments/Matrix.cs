namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>
/// How much of the matrices of crashes and faults is tried: a part that has every step in it, or with <c>SUPABASE_DEPLOY_FULL_MATRIX=1</c> every point,
/// which takes minutes.
/// </summary>
internal static class Matrix
{
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("SUPABASE_DEPLOY_FULL_MATRIX") == "1";
}
