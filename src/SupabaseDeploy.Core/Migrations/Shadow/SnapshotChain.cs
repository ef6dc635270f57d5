using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// What a database is made of, link by link: the migrations, then the seeds. Two chains that begin alike have the same keys up to where
/// they part, so the longest known beginning of a chain is found by name.
/// </summary>
internal sealed class SnapshotChain
{
    // Another build of the module may split or record files otherwise.
    private static readonly string s_maker = typeof(SnapshotChain).Assembly.ManifestModule.ModuleVersionId.ToString("N");

    private readonly IReadOnlyList<string> _links;
    private readonly bool _areNewObjectsGranted;

    private SnapshotChain(IReadOnlyList<string> links, bool isWhole, bool areNewObjectsGranted)
    {
        _links = links;
        IsWhole = isWhole;
        _areNewObjectsGranted = areNewObjectsGranted;
    }

    /// <summary>Number of links.</summary>
    public int Count => _links.Count;

    /// <summary>Whether it has a link for each file and seed.</summary>
    public bool IsWhole { get; }

    /// <summary>Reads the content of the files; that of the seeds is known.</summary>
    /// <param name="files">The migrations.</param>
    /// <param name="seeds">The seeds after them.</param>
    /// <param name="areNewObjectsGranted">Whether the API roles may use new objects.</param>
    /// <param name="hasSecrets">
    /// Whether the vault gets secrets. The chain then ends before the first file that may read them, seeds counting as one: what comes of it is of
    /// these secrets, which no snapshot shall hold.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<SnapshotChain> ReadAsync(
        IReadOnlyList<MigrationFile> files, IReadOnlyList<SeedFile> seeds, bool areNewObjectsGranted, bool hasSecrets, CancellationToken cancellationToken)
    {
        var links = new List<string>(files.Count + seeds.Count);
        foreach (MigrationFile file in files)
        {
            byte[] content = await File.ReadAllBytesAsync(file.Path, cancellationToken).ConfigureAwait(false);
            if (hasSecrets && NamesVault(content))
            {
                return new SnapshotChain(links, isWhole: false, areNewObjectsGranted);
            }

            links.Add($"migration\n{file.Version}\n{file.Name}\n{Convert.ToHexStringLower(SHA256.HashData(content))}");
        }

        if (hasSecrets && seeds.Any(seed => NamesVault(File.ReadAllBytes(seed.Path))))
        {
            return new SnapshotChain(links, isWhole: false, areNewObjectsGranted);
        }

        links.AddRange(seeds.Select(seed => $"seed\n{seed.Name}\n{seed.Hash}"));
        return new SnapshotChain(links, isWhole: true, areNewObjectsGranted);
    }

    /// <summary>The key of each beginning: the first is that of an empty project, the last that of the whole chain.</summary>
    /// <param name="template">What the empty project depends on: server, bootstrap, settings.</param>
    public IReadOnlyList<string> Keys(string template)
    {
        var keys = new List<string>(Count + 1) { Key(s_maker, _areNewObjectsGranted ? template : template + "\nnew objects are not granted") };
        foreach (string link in _links)
        {
            keys.Add(Key(keys[^1], link));
        }

        return keys;
    }

    // Whoever reads a secret names the schema, or calls a function of an earlier file that does.
    private static bool NamesVault(byte[] content) => Encoding.UTF8.GetString(content).Contains("vault", StringComparison.OrdinalIgnoreCase);

    private static string Key(string before, string link) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{before}\n{link}")).AsSpan(0, 16));
}
