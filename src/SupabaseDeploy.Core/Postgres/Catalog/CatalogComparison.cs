namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>Finds what differs between two catalogs, and says each thing once.</summary>
internal static class CatalogComparison
{
    public static IReadOnlyList<CatalogDifference> Run(DatabaseCatalog left, DatabaseCatalog right)
    {
        return
        [
            .. OnlyIn(left, right).Select(found => Difference(found.Object, found.Text, null))
                .Concat(OnlyIn(right, left).Select(found => Difference(found.Object, null, found.Text)))
                .Concat(left.Objects
                    .Select(each => (Left: each, Right: right.Find(each.Key)))
                    .Where(pair => pair.Right is not null && AreDifferent(pair.Left, pair.Right))
                    .Select(pair => Difference(pair.Left, pair.Left.Definition, pair.Right!.Definition)))
                .OrderBy(difference => difference.Kind).ThenBy(difference => difference.Name, StringComparer.Ordinal),
        ];
    }

    // What belongs to an object that is missing with it is part of that object's text. Columns have an order as soon as there are any.
    private static IEnumerable<(CatalogObject Object, string Text)> OnlyIn(DatabaseCatalog here, DatabaseCatalog there)
    {
        CatalogObject[] objects = [.. here.Objects.Where(each => each.Kind != CatalogKind.ColumnOrder && there.Find(each.Key) is null)];
        HashSet<CatalogKey> keys = [.. objects.Select(each => each.Key)];
        ILookup<CatalogKey, CatalogObject> children = objects
            .SelectMany(each => each.Parents.Where(keys.Contains).Select(parent => (Parent: parent, Child: each)))
            .ToLookup(pair => pair.Parent, pair => pair.Child);
        return objects.Where(each => !each.Parents.Any(keys.Contains)).Select(each => (each, Text(each, children)));
    }

    private static string Text(CatalogObject each, ILookup<CatalogKey, CatalogObject> children) => string.Concat(
        children[each.Key].Select(child => Indented($"\n{child.Key}: {Indented(Text(child, children))}")).Prepend(each.Definition));

    private static string Indented(string text) => text.Replace("\n", "\n  ", StringComparison.Ordinal);

    // Another order is a difference of its own only among the columns that both have.
    private static bool AreDifferent(CatalogObject left, CatalogObject right)
    {
        if (left.Kind != CatalogKind.ColumnOrder || left.Definition == right.Definition)
        {
            return left.Definition != right.Definition;
        }

        string[] here = left.Definition.Split(", ");
        string[] there = right.Definition.Split(", ");
        return !here.Intersect(there, StringComparer.Ordinal).SequenceEqual(there.Intersect(here, StringComparer.Ordinal), StringComparer.Ordinal);
    }

    private static CatalogDifference Difference(CatalogObject each, string? left, string? right) => new()
    {
        Kind = each.Kind,
        Schema = each.Schema,
        Name = each.Key.FullName,
        Left = left,
        Right = right,
        Severity = DifferenceSeverities.Of(each.Kind, left, right),
        Sql = CatalogQueries.Show(each),
    };
}
