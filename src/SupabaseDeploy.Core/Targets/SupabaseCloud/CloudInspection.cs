using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>Looks at a project before a deployment: itself, the way to its database, its disk, its secrets.</summary>
internal sealed class CloudInspection(DeploymentEnvironment environment, ManagementApi api, CloudDatabase database, CloudConfiguration configuration)
{
    public async Task<PlaceInspection> InspectAsync(CloudProject project, Release release, CancellationToken cancellationToken)
    {
        var facts = new List<PlaceFact>
        {
            project.Status == CloudProject.Active
                ? new("project", PlaceVerdict.Good, $"Project '{project.Name}' ({project.Region}) is active.")
                : new("project", PlaceVerdict.Doubtful, $"Project '{project.Name}' is {project.Status}.", "Look at the project in the dashboard."),
        };
        facts.AddRange(Connection());
        facts.AddRange(await AskAsync("read-only", ReadOnlyAsync, cancellationToken).ConfigureAwait(false));
        facts.AddRange(await AskAsync("secrets", SecretsAsync, cancellationToken).ConfigureAwait(false));
        if (release.Web is not null && environment.Cloud.Hosting is null)
        {
            facts.Add(new("hosting", PlaceVerdict.Bad, "The release has a web bundle, and the stage says nothing of where it goes.", "Add 'hosting' to the stage in env/pipeline.yml."));
        }

        return new PlaceInspection(facts, await FreeSpaceAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The layers of the way that is used, and the ways that were tried before it.</summary>
    private IEnumerable<PlaceFact> Connection()
    {
        foreach (ConnectionAttempt attempt in database.Attempts)
        {
            yield return attempt.IsOpen
                ? new("connection", PlaceVerdict.Good, $"DNS, TCP, TLS ({attempt.Address.SslMode}) and authentication work: {attempt.Way} ({attempt.Address}).")
                : new("connection", PlaceVerdict.Doubtful, $"{attempt}.", "Mend that way, or take it out of the stage's 'database'; another one is used.");
        }
    }

    private async Task<IEnumerable<PlaceFact>> ReadOnlyAsync(CancellationToken cancellationToken) =>
        (await api.GetReadOnlyAsync(cancellationToken).ConfigureAwait(false)).Enabled
            ? [new("read-only", PlaceVerdict.Bad, "The platform set the database to read-only, as it does when the disk is nearly full.", "Free disk space or enlarge the disk, then end the read-only mode in the dashboard.")]
            : [];

    private async Task<IEnumerable<PlaceFact>> SecretsAsync(CancellationToken cancellationToken)
    {
        if (environment.Cloud.Secrets.Count == 0)
        {
            return [];
        }

        IReadOnlyList<string> orphans = await configuration.FindOrphansAsync(cancellationToken).ConfigureAwait(false);
        string declared = $"{environment.Cloud.Secrets.Count} secrets of functions are declared and have values.";
        return orphans.Count == 0
            ? [new("secrets", PlaceVerdict.Good, declared)]
            : [new("secrets", PlaceVerdict.Doubtful, $"{declared} The project has others that nobody declared: {string.Join(", ", orphans)}.", "Declare them in 'secrets' of the stage, or name them in 'removeSecrets'.")];
    }

    /// <summary>Null where the token may not ask: a disk that is full is seen by its read-only mode too.</summary>
    private async Task<long?> FreeSpaceAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (long)(await api.GetDiskUtilizationAsync(cancellationToken).ConfigureAwait(false)).Metrics.FsAvailBytes;
        }
        catch (DeployException e) when (e.Code != ErrorTable.ApiTokenRefused)
        {
            return null;
        }
    }

    /// <summary>A question that is not answered is a fact too.</summary>
    private static async Task<IEnumerable<PlaceFact>> AskAsync(string name, Func<CancellationToken, Task<IEnumerable<PlaceFact>>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e)
        {
            bool isRefused = e.Code == ErrorTable.ApiForbidden || e.Code == ErrorTable.ApiPlanLimit;
            return [new PlaceFact(name, isRefused ? PlaceVerdict.Doubtful : PlaceVerdict.Bad, e.Message, e.Remedy)];
        }
    }
}
