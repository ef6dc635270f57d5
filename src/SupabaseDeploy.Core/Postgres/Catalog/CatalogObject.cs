using System.Text.RegularExpressions;

namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>What tells one object of a catalog from every other.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Schema">Its schema as SQL writes it (quoted where needed); empty for what is in no schema.</param>
/// <param name="Name">
/// Its name as SQL writes it: <c>users</c>; <c>users.email</c> for what belongs to a table; <c>add(integer, integer)</c>;
/// <c>table users to anon</c> for a privilege, <c>column users.email</c> for an owner or a comment.
/// </param>
public readonly record struct CatalogKey(CatalogKind Kind, string Schema, string Name)
{
    /// <summary><c>table public.users</c>.</summary>
    public override string ToString() => $"{CatalogObject.Word(Kind)} {FullName}";

    /// <summary><c>public.users</c>; for what is said of another object, that object's words: <c>table public.users to anon</c>.</summary>
    public string FullName => (Kind, Schema) switch
    {
        (_, "") => Name,
        (CatalogKind.Privilege or CatalogKind.Owner or CatalogKind.Comment, _) => CatalogObject.PutAfterWord(Name, Schema),
        (CatalogKind.DefaultPrivilege, _) => $"{Name} in {Schema}",
        (CatalogKind.PublicationTable, _) when Name.StartsWith("all tables in ", StringComparison.Ordinal) => $"{Schema}.*{Name["all tables".Length..]}",
        (CatalogKind.Cast, _) => Name,
        _ => $"{Schema}.{Name}",
    };
}

/// <summary>One object of a database, as one canonical text.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Schema">Its schema as SQL writes it; empty for what is in no schema.</param>
/// <param name="Name">Its name, as in <see cref="CatalogKey.Name"/>.</param>
/// <param name="Definition">
/// Everything about it that matters, the same in every database where the object is the same: names are qualified, nothing depends on
/// object ids, on the order things were made in, on a locale or on <c>search_path</c>.
/// </param>
public sealed partial record CatalogObject(CatalogKind Kind, string Schema, string Name, string Definition)
{
    /// <summary>Its key.</summary>
    public CatalogKey Key => new(Kind, Schema, Name);

    /// <summary>What it belongs to and goes away with: a column's table, the object of a comment; empty for most.</summary>
    public IReadOnlyList<CatalogKey> Parents { get; init; } = [];

    /// <summary><c>table public.users</c>.</summary>
    public override string ToString() => Key.ToString();

    /// <summary>The words for a kind: <c>materialized view</c>.</summary>
    internal static string Word(CatalogKind kind) => WordStart().Replace(kind.ToString(), " $0").ToLowerInvariant();

    // "materialized view sales to anon" in schema public: the schema belongs before the name, after the kind's words.
    internal static string PutAfterWord(string name, string schema)
    {
        string word = Words.First(word => name.StartsWith(word + " ", StringComparison.Ordinal));
        return $"{word} {schema}.{name[(word.Length + 1)..]}";
    }

    private static readonly string[] Words = [.. Enum.GetValues<CatalogKind>().Select(Word).OrderByDescending(word => word.Length)];

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex WordStart();
}
