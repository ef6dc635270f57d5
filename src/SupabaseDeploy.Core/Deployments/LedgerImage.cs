namespace SupabaseDeploy.Deployments;

/// <summary>A whole ledger while its database is being replaced in its own place.</summary>
/// <param name="Tables">The rows of each table, as <c>COPY … (format binary)</c> writes them.</param>
internal sealed record LedgerImage(IReadOnlyDictionary<string, byte[]> Tables);
