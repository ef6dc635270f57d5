namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>A function with all that is needed to bring it (again).</summary>
/// <param name="Slug">Its name.</param>
/// <param name="Digest">Its digest in the release that brought it; null for one that no release brought.</param>
/// <param name="Bundle">SHA-256 of its bundle, as the platform gives it; null where it gives none.</param>
/// <param name="Metadata">How it is bundled.</param>
/// <param name="Files">Its sources.</param>
internal sealed record KeptFunction(string Slug, string? Digest, string? Bundle, FunctionMetadata Metadata, IReadOnlyList<SourceFile> Files);
