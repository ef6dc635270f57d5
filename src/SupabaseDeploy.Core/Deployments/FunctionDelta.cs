using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>The difference between the functions of a place and those of a release. No I/O.</summary>
internal static class FunctionDelta
{
    /// <summary>What is to change; null where the place runs no functions. What no release ever brought here is left alone.</summary>
    public static FunctionChange? Of(Release release, ObservedState observed) =>
        observed.Functions is { } deployed ? Of(release, deployed, observed.Deployments) : null;

    /// <summary>The same of functions that were listed.</summary>
    public static FunctionChange Of(Release release, IReadOnlyList<DeployedFunction> deployed, IReadOnlyList<Deployment> deployments)
    {
        Dictionary<string, string?> digests = deployed.ToDictionary(function => function.Slug, function => function.Digest, StringComparer.Ordinal);
        HashSet<string> ours = [.. deployments.SelectMany(deployment => deployment.Release?.Functions ?? []).Select(function => function.Slug)];
        HashSet<string> wanted = [.. release.Functions.Select(function => function.Slug)];
        return new FunctionChange(
            release,
            [.. release.Functions.Where(function => digests.GetValueOrDefault(function.Slug) != function.Digest).Select(function => function.Slug).Order(StringComparer.Ordinal)],
            [.. digests.Keys.Where(slug => ours.Contains(slug) && !wanted.Contains(slug)).Order(StringComparer.Ordinal)]);
    }

    /// <summary>What is not as the change was to make it; null when all is.</summary>
    public static string? FindDifference(FunctionChange change, IReadOnlyList<DeployedFunction> deployed)
    {
        Dictionary<string, string> wanted = change.Release.Functions.ToDictionary(function => function.Slug, function => function.Digest, StringComparer.Ordinal);
        string[] wrong = [.. change.Deploy.Where(slug => !deployed.Any(function => function.Slug == slug && function.Digest == wanted[slug]))];
        string[] left = [.. change.Remove.Where(slug => deployed.Any(function => function.Slug == slug))];
        return (wrong, left) switch
        {
            ([], []) => null,
            ([], _) => $"function {string.Join(", ", left)} is still there",
            _ => $"function {string.Join(", ", wrong)} is not the release's",
        };
    }
}
