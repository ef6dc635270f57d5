using SupabaseDeploy.Migrations.Rules.Reading;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>
/// Finds in migrations what running them does not show. Files alone are enough; with the schema before and after, tables that are altered
/// from dynamic SQL, and what the files leave to earlier ones, are known too.
/// </summary>
public static class MigrationRules
{
    /// <summary>Checks files that are to be applied in this order.</summary>
    /// <param name="pending">The files. What one of them makes and a later one changes is not in use yet.</param>
    /// <param name="options">What the project's API serves; null for Supabase's defaults.</param>
    /// <param name="before">
    /// The schema they are applied to: read from a shadow (<see cref="SchemaSnapshot.ReadAsync"/>) or worked out from the applied files
    /// (<see cref="SchemaSnapshot.OfFiles"/>). Null when it is not known: then every table that the files do not make was there before.
    /// </param>
    /// <param name="after">The schema afterwards, read from the shadow they were applied to; null to work it out from the files.</param>
    /// <returns>In the order of the files and lines; what comments in the files silence is left out.</returns>
    public static IReadOnlyList<RuleFinding> Check(
        IReadOnlyList<RuleFile> pending, RuleOptions? options = null, SchemaSnapshot? before = null, SchemaSnapshot? after = null)
    {
        options ??= new RuleOptions();
        List<CheckedFile> files = [.. pending.Select((file, number) => new CheckedFile(file, number))];
        var origins = new Dictionary<string, Origin>(StringComparer.Ordinal);
        var findings = new List<(Origin Origin, Breach Breach)>();
        SchemaSnapshot worked = before?.Copy() ?? new SchemaSnapshot();
        var replay = new SchemaReplay(worked, knowsAllTables: before is not null);
        var statementRules = new StatementRules(replay);
        var grants = new GrantRule(options);
        foreach (CheckedFile file in files)
        {
            foreach ((int statement, SchemaChange change) in file.Changes())
            {
                findings.AddRange(statementRules.Check(change).Select(breach => (new Origin(file.Number, statement, breach.Offset ?? change.Offset), breach)));
                grants.Take(change, isNewTable: change is CreateTable create && !(create.IsIfNotExists && worked.Tables.ContainsKey(create.Table)));
                replay.Apply(change);
                foreach ((ObjectKey key, int offset) in ObjectKey.Of(change))
                {
                    origins[key.Text] = new Origin(file.Number, statement, offset);
                }
            }
        }

        var schemaRules = new SchemaRules(options, before, after ?? worked, origins.Keys.ToHashSet(StringComparer.Ordinal));
        var search = new OriginSearch(files, origins);
        findings.AddRange(schemaRules.Check().Concat(grants.Check(files, after ?? worked)).Select(found => (search.Find(found.Key), found.Breach)));
        return Silence(files, findings);
    }

    private static List<RuleFinding> Silence(List<CheckedFile> files, List<(Origin Origin, Breach Breach)> findings)
    {
        ILookup<int, (Origin Origin, Breach Breach)> byFile = findings.ToLookup(finding => finding.Origin.File);
        return [.. files.SelectMany(file => file.Locate(new Silences(file).Apply(byFile[file.Number])))];
    }
}
