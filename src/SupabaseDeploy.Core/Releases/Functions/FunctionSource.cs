namespace SupabaseDeploy.Releases;

/// <summary>An edge function as the project holds it now.</summary>
/// <param name="Slug">Its name.</param>
/// <param name="VerifyJwt">Whether requests need a valid token.</param>
/// <param name="EntryPoint">Its first file, absolute.</param>
/// <param name="ImportMap">Its <c>deno.json</c> or import map, absolute; null for none.</param>
/// <param name="StaticFiles">Files it reads when it runs, absolute.</param>
/// <param name="Files">Every file it is made of, absolute.</param>
internal sealed record FunctionSource(
    string Slug, bool VerifyJwt, string EntryPoint, string? ImportMap, IReadOnlyList<string> StaticFiles, IReadOnlyList<string> Files);
