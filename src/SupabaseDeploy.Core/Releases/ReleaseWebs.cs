namespace SupabaseDeploy.Releases;

/// <summary>
/// The web bundles of a release whose build has the values of an environment compiled in: one for each environment, made from one commit.
/// </summary>
public sealed record ReleaseWebs
{
    /// <summary>The commit all of them were built from (40 digits); null where that is not known, as for folders that somebody built.</summary>
    public string? GitCommit { get; init; }

    /// <summary>The bundle of each environment.</summary>
    public required IReadOnlyDictionary<string, ReleaseBundle> Bundles { get; init; }

    /// <summary>The names in <c>env/&lt;name&gt;.json</c> whose values are not the same for all of these environments.</summary>
    public IReadOnlyList<string> Defines { get; init => field = value.ToArray(); } = [];

    /// <summary>The paths whose files are not the same in all bundles.</summary>
    public IReadOnlyList<string> DifferingFiles => (string[])
    [
        .. Bundles.Values.SelectMany(bundle => bundle.Files)
            .GroupBy(file => file.Path, StringComparer.Ordinal)
            .Where(file => file.Count() < Bundles.Count || file.DistinctBy(same => same.Sha256).Count() > 1)
            .Select(file => file.Key)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>What is the same and what is not, in one sentence.</summary>
    public override string ToString()
    {
        string names = string.Join(", ", Bundles.Keys.Order(StringComparer.Ordinal));
        string origin = GitCommit is { } commit ? $"built from commit {commit[..7]}" : "of unknown origin";
        string difference = Defines.Count > 0 ? $"by the values of {string.Join(", ", Defines)}" : "although no declared value does";
        return DifferingFiles.Count == 0 ? $"{names}: {origin}, all the same" : $"{names}: {origin}, differing in {DifferingFiles.Count} files {difference}";
    }
}
