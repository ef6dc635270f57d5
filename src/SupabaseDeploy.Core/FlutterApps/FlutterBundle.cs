using SupabaseDeploy.Releases;

namespace SupabaseDeploy.FlutterApps;

// Lists are kept as arrays: PowerShell cannot index what the compiler makes of a collection expression.

/// <summary>A built web application, as <c>New-Release</c> takes it.</summary>
public sealed record FlutterBundle
{
    /// <summary>The environment whose values are compiled into it.</summary>
    public required string Environment { get; init; }

    /// <summary>Its folder, absolute.</summary>
    public required string Path { get; init; }

    /// <summary>The commit that was checked out when it was built (40 digits); null outside a repository.</summary>
    public string? GitCommit { get; init; }

    /// <summary>True when the work tree had changes that the commit does not hold.</summary>
    public bool IsDirty { get; init; }

    /// <summary>SHA-256 over the sorted list of paths and digests: the same as a release's bundle with these files.</summary>
    public required string Digest { get; init; }

    /// <summary>Every file.</summary>
    public required IReadOnlyList<ReleaseFile> Files { get; init => field = value.ToArray(); }

    /// <summary>The size of all files, in bytes.</summary>
    public long Size => Files.Sum(file => file.Size);

    /// <summary>How long the build took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
