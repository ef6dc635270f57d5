namespace SupabaseDeploy.LocalStack;

/// <summary>A runtime of the embedded engine on this machine.</summary>
/// <param name="Name">Its name: <c>postgres</c>, <c>meta</c>, <c>deno</c>, <c>rest</c>, <c>auth</c>, <c>mail</c>.</param>
/// <param name="Version">Its version.</param>
/// <param name="Path">The folder it is in.</param>
/// <param name="SizeBytes">What is in the folder, in bytes; null for a PostgreSQL that belongs to the system.</param>
/// <param name="Changed">True when this call installed it.</param>
public sealed record LocalRuntime(string Name, string Version, string Path, long? SizeBytes, bool Changed);
