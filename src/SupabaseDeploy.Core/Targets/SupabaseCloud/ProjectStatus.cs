namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>What the states of a project mean for whoever wants to work on it.</summary>
internal static class ProjectStatus
{
    private const string Waiting = "Wait until the platform has finished what it does with the project (see the dashboard); then run the command again.";
    private const string Broken = "Look at the project in the dashboard and ask the platform's support: something it began did not end well.";

    /// <summary>What to do before anything else; null when the project can be worked on.</summary>
    public static string? Remedy(string status) => status switch
    {
        "ACTIVE_HEALTHY" or "ACTIVE_UNHEALTHY" or "UNKNOWN" => null,
        "INACTIVE" => "Resume the project in the dashboard: it is paused. Then run the command again.",
        "COMING_UP" or "RESTORING" or "UPGRADING" or "RESTARTING" or "RESIZING" => Waiting,
        "PAUSING" or "GOING_DOWN" => "Wait until the project is paused, resume it in the dashboard, and run the command again.",
        "REMOVED" => "Correct 'project' of the stage: this one was deleted.",
        _ => Broken,
    };
}
