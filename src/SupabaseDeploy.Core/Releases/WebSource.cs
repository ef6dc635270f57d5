namespace SupabaseDeploy.Releases;

/// <summary>A built web application that is to go into a release.</summary>
/// <param name="Folder">Its folder, absolute.</param>
/// <param name="Environment">The environment whose values are compiled into it; null for one that is the same everywhere.</param>
public sealed record WebSource(string Folder, string? Environment = null)
{
    /// <summary>The digest it had when it was built, as <see cref="ReleaseBundle.Digest"/>; null where that is not known.</summary>
    public string? Digest { get; init; }

    /// <summary>The commit it was built from; null where that is not known.</summary>
    public string? GitCommit { get; init; }

    /// <summary>True when the work tree had changes when it was built.</summary>
    public bool IsDirty { get; init; }
}
