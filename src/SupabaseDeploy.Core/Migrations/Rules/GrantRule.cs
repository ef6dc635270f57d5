using SupabaseDeploy.Migrations.Rules.Reading;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>
/// Finds new tables of API schemas that no file grants to the API's roles. Supabase's local stack, and so a shadow, grants them by default;
/// hosted projects made since 2026-10-30 do not, so that only the files can tell.
/// </summary>
internal sealed class GrantRule(RuleOptions options)
{
    private static readonly string[] s_roles = ["anon", "authenticated", "service_role", "public"];

    private readonly Dictionary<SqlName, bool> _tables = [];
    private readonly HashSet<string> _defaults = new(StringComparer.Ordinal);

    public void Take(SchemaChange change, bool isNewTable)
    {
        switch (change)
        {
            case CreateTable { IsTemporary: false } create when isNewTable && options.ApiSchemas.Contains(create.Table.Schema):
                _tables[create.Table] = _defaults.Contains(create.Table.Schema);
                break;
            case RenameTable rename when _tables.Remove(rename.Table, out bool isGranted):
                _tables[rename.To] = isGranted;
                break;
            case TableGrant { IsDefault: true, IsRevoke: false } grant when grant.Roles.Any(s_roles.Contains):
                _defaults.UnionWith(grant.Schemas.Count > 0 ? grant.Schemas : options.ApiSchemas);
                break;
            // A revoke shows as well that somebody thought of the table.
            case TableGrant { IsDefault: false } grant when grant.Roles.Any(s_roles.Contains):
                foreach (SqlName table in _tables.Keys.Where(table => grant.Tables.Contains(table) || (!grant.IsRevoke && grant.Schemas.Contains(table.Schema))).ToList())
                {
                    _tables[table] = true;
                }

                break;
        }
    }

    public IEnumerable<(ObjectKey Key, Breach Breach)> Check(IReadOnlyList<CheckedFile> files, SchemaSnapshot after)
    {
        List<SqlName> missing = [.. _tables.Where(pair => !pair.Value && after.Tables.ContainsKey(pair.Key)).Select(pair => pair.Key)];
        if (missing.Count == 0 || files.Any(file => file.Statements.Any(GrantsDynamically)))
        {
            yield break;
        }

        foreach (SqlName table in missing)
        {
            yield return (ObjectKey.Table(table), new(
                RuleTable.MissingGrant,
                table.ToString(),
                $"No file grants anything on '{table}': hosted projects give the API's roles no rights on new tables since 2026-10-30, local stacks do.",
                $"Add 'grant select, insert, update, delete on {table} to authenticated; grant all on {table} to service_role;' (and 'grant select on {table} to anon;' for visitors)."));
        }
    }

    /// <summary>A grant that is put together as text in a loop over tables; which ones cannot be read.</summary>
    private static bool GrantsDynamically(SqlStatement statement) =>
        statement.Words().FirstOrDefault() == "DO"
        && statement.Text.Contains("execute", StringComparison.OrdinalIgnoreCase) && statement.Text.Contains("grant ", StringComparison.OrdinalIgnoreCase);
}
