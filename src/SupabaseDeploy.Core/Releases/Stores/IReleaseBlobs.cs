namespace SupabaseDeploy.Releases;

/// <summary>A place that keeps files by name for everybody: a folder, or a bucket of an object storage.</summary>
internal interface IReleaseBlobs
{
    /// <summary>What it is called: <c>s3://releases/courses</c>.</summary>
    string Name { get; }

    /// <summary>The names of all files that end like this.</summary>
    Task<IReadOnlyList<string>> ListAsync(string ending, CancellationToken cancellationToken);

    /// <summary>Opens a file; null when there is none of that name.</summary>
    Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken);

    /// <summary>Copies a file there, whole or not at all.</summary>
    Task PutAsync(string name, string file, CancellationToken cancellationToken);
}
