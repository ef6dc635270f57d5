namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>Weighs differences by what they put at stake.</summary>
internal static class DifferenceSeverities
{
    public static DifferenceSeverity Of(CatalogKind kind, string? left, string? right) => kind switch
    {
        CatalogKind.Comment or CatalogKind.Statistics or CatalogKind.ColumnOrder => DifferenceSeverity.Low,
        CatalogKind.RowSecurity or CatalogKind.Policy or CatalogKind.Privilege or CatalogKind.DefaultPrivilege or CatalogKind.Owner => DifferenceSeverity.High,
        CatalogKind.Table or CatalogKind.Column when left is null || right is null => DifferenceSeverity.High,
        CatalogKind.Column => TypeOf(left!) == TypeOf(right!) ? DifferenceSeverity.Medium : DifferenceSeverity.High,
        CatalogKind.Extension when left is not null && right is not null => DifferenceSeverity.Low,
        CatalogKind.Function or CatalogKind.Procedure => RunsAsOwner(left) || RunsAsOwner(right) ? DifferenceSeverity.High : DifferenceSeverity.Medium,
        // A view reads with its owner's rights, past row-level security, unless it says otherwise.
        CatalogKind.View => left is null || right is null || ReadsAsCaller(left) == ReadsAsCaller(right) ? DifferenceSeverity.Medium : DifferenceSeverity.High,
        _ => DifferenceSeverity.Medium,
    };

    // What follows the type begins with one of PostgreSQL's own words, and no name of a type contains them unquoted.
    private static string TypeOf(string column) =>
        new[] { " collate ", " not null", " default ", " generated ", " storage ", " compression ", " statistics ", " with (", " options (" }
            .Select(word => column.IndexOf(word, StringComparison.Ordinal))
            .Where(index => index >= 0)
            .Append(column.Length)
            .Min() is var end ? column[..end] : column;

    // The header ends where the body begins; a body may say anything.
    private static bool RunsAsOwner(string? routine) =>
        routine is not null && routine.Split("\nAS ", 2)[0].Contains("SECURITY DEFINER", StringComparison.Ordinal);

    private static bool ReadsAsCaller(string view) =>
        view.Split('\n') is [_, { } options, ..] && options.StartsWith("with (", StringComparison.Ordinal) && options.Contains("security_invoker=", StringComparison.Ordinal);
}
