namespace SupabaseDeploy.Deployments;

/// <summary>A whole ledger while its database is being replaced in its own place.</summary>
/// <param name="Tables">The tables, in the order their references allow.</param>
internal sealed record LedgerImage(IReadOnlyList<LedgerTable> Tables);

/// <summary>One table of a ledger.</summary>
/// <param name="Name">Its name in schema <c>supabase_deploy</c>.</param>
/// <param name="Columns">The columns that are in the rows: a later version of the ledger may have others.</param>
/// <param name="Rows">The rows, as <c>COPY … (format binary)</c> writes them.</param>
internal sealed record LedgerTable(string Name, string Columns, byte[] Rows);
