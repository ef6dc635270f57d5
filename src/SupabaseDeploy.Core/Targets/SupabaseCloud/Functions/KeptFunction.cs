namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>A function with all that is needed to bring it (again).</summary>
/// <param name="Slug">Its name.</param>
/// <param name="Digest">Its digest in the release that brought it; null for one that no release brought.</param>
/// <param name="Bundle">SHA-256 of its bundle, as the platform gives it; null where it gives none.</param>
/// <param name="Metadata">How it is bundled.</param>
/// <param name="Files">Its sources.</param>
internal sealed record KeptFunction(string Slug, string? Digest, string? Bundle, FunctionMetadata Metadata, IReadOnlyList<SourceFile> Files)
{
    /// <summary>
    /// Whether it is the one that the platform runs. A bundle does not say who may call it: the same sources may be open to everybody in one release
    /// and not in another.
    /// </summary>
    public bool Is(CloudFunction function) =>
        Bundle == function.EzbrSha256
        && (Metadata.VerifyJwt ?? true) == (function.VerifyJwt ?? true)
        && Names(function.EntrypointPath, Metadata.EntrypointPath)
        && Names(function.ImportMapPath, Metadata.ImportMapPath);

    // The platform names a file by where it unpacked it; what it does not name is decided by the bundle alone.
    private static bool Names(string? url, string? path) => url is null || path is null || $"/{url}".EndsWith("/" + path, StringComparison.Ordinal);
}
