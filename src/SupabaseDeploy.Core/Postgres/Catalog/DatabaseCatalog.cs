using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>A database's schema as one value: equal databases have equal catalogs, whatever their history.</summary>
public sealed class DatabaseCatalog
{
    private readonly Dictionary<CatalogKey, CatalogObject> _byKey;
    private readonly Lazy<string> _fingerprint;

    /// <summary>Makes a catalog of its objects, in any order.</summary>
    /// <param name="objects">The objects.</param>
    /// <param name="serverVersion">The server's major version.</param>
    public DatabaseCatalog(IEnumerable<CatalogObject> objects, int serverVersion)
    {
        Objects =
        [
            .. objects.OrderBy(each => each.Kind).ThenBy(each => each.Schema, StringComparer.Ordinal).ThenBy(each => each.Name, StringComparer.Ordinal),
        ];
        ServerVersion = serverVersion;
        _byKey = Objects.ToDictionary(each => each.Key);
        _fingerprint = new Lazy<string>(Digest);
    }

    /// <summary>Every object, by kind, schema and name in ordinal order.</summary>
    public IReadOnlyList<CatalogObject> Objects { get; }

    /// <summary>The major version of the server it was read from: 17. Some texts are PostgreSQL's own and differ between versions.</summary>
    public int ServerVersion { get; }

    /// <summary>SHA-256 over the canonical text of every object, lower-case hexadecimal.</summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>The object with that key; null when there is none.</summary>
    public CatalogObject? Find(CatalogKey key) => _byKey.GetValueOrDefault(key);

    /// <summary>The object of that kind and name; null when there is none. Names as SQL writes them.</summary>
    public CatalogObject? Find(CatalogKind kind, string schema, string name) => Find(new CatalogKey(kind, schema, name));

    /// <summary>
    /// What differs, in the order of <see cref="Objects"/>; empty when the fingerprints are equal. What goes with an object that only one
    /// side has (its columns, its privileges) is told by that object's difference and makes none of its own.
    /// </summary>
    public static IReadOnlyList<CatalogDifference> Compare(DatabaseCatalog left, DatabaseCatalog right) => CatalogComparison.Run(left, right);

    // Lengths before texts: no two lists of objects have the same bytes.
    private string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (CatalogObject each in Objects)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(
                $"{each.Kind} {each.Schema.Length} {each.Name.Length} {each.Definition.Length}\n{each.Schema}.{each.Name}\n{each.Definition}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
