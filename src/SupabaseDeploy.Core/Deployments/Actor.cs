namespace SupabaseDeploy.Deployments;

/// <summary>Who runs this process: the person that the CI system names, else the operating system's user.</summary>
/// <param name="Name">The login name there.</param>
/// <param name="Source">Who says so: <c>GITHUB_ACTOR</c>, or <c>build-7</c>, the machine whose user it is.</param>
public sealed record Actor(string Name, string Source)
{
    // The marker of each CI system, and the variables that name the person, the more exact one first: a workflow that somebody
    // else runs again has another GITHUB_TRIGGERING_ACTOR, and the GITHUB_ACTOR it always had.
    private static readonly (string Marker, string[] Names)[] s_systems =
    [
        ("GITHUB_ACTIONS", ["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"]),
        ("GITLAB_CI", ["GITLAB_USER_LOGIN"]),
        ("TF_BUILD", ["BUILD_REQUESTEDFOREMAIL", "BUILD_REQUESTEDFOR"]),
        ("BITBUCKET_BUILD_NUMBER", ["BITBUCKET_STEP_TRIGGERER_UUID"]),
        ("CIRCLECI", ["CIRCLE_USERNAME"]),
        ("BUILDKITE", ["BUILDKITE_UNBLOCKER_EMAIL", "BUILDKITE_BUILD_CREATOR_EMAIL"]),
        ("JENKINS_URL", ["BUILD_USER_ID"]),
    ];

    /// <summary>Who runs this process.</summary>
    public static Actor OfThisProcess() => From(Environment.GetEnvironmentVariable, Environment.UserName, Environment.MachineName);

    /// <summary>
    /// True for the same person. Where the name comes from does not matter: a name that says the same on two systems is taken for one person,
    /// so that nobody approves their own release by changing the place.
    /// </summary>
    public bool IsSameAs(string? name) => string.Equals(Name, name, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Source})";

    internal static Actor From(Func<string, string?> variable, string user, string machine)
    {
        foreach ((string marker, string[] names) in s_systems.Where(system => !string.IsNullOrEmpty(variable(system.Marker))))
        {
            if (names.FirstOrDefault(name => !string.IsNullOrWhiteSpace(variable(name))) is { } found)
            {
                return new Actor(variable(found)!.Trim(), found);
            }
        }

        // Who became root with sudo is still who they are.
        return user == "root" && variable("SUDO_USER") is { Length: > 0 } before ? new Actor(before, machine) : new Actor(user, machine);
    }
}
