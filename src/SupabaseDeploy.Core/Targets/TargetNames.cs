using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Targets;

/// <summary>Kinds of places as <c>pipeline.yml</c> writes them.</summary>
internal static class TargetNames
{
    /// <summary><c>supabase-cloud</c> for <see cref="TargetKind.SupabaseCloud"/>.</summary>
    public static string ToText(this TargetKind target) => target switch
    {
        TargetKind.Local => "local",
        TargetKind.SupabaseCloud => "supabase-cloud",
        TargetKind.Docker => "docker",
        TargetKind.Kubernetes => "kubernetes",
        TargetKind.Database => "database",
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, null),
    };
}
