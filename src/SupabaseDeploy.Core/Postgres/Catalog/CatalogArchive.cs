using System.IO.Compression;
using System.Text;

namespace SupabaseDeploy.Postgres.Catalog;

/// <summary>A catalog as compressed bytes: about 80 bytes an object.</summary>
internal static class CatalogArchive
{
    public static byte[] Write(DatabaseCatalog catalog)
    {
        using var bytes = new MemoryStream();
        using (var compressed = new BrotliStream(bytes, CompressionLevel.Fastest))
        using (var writer = new BinaryWriter(compressed, Encoding.UTF8))
        {
            writer.Write(catalog.ServerVersion);
            writer.Write(catalog.Objects.Count);
            foreach (CatalogObject each in catalog.Objects)
            {
                Write(writer, each.Key);
                writer.Write(each.Definition);
                writer.Write(each.Parents.Count);
                foreach (CatalogKey parent in each.Parents)
                {
                    Write(writer, parent);
                }
            }
        }

        return bytes.ToArray();
    }

    public static DatabaseCatalog Read(byte[] archive)
    {
        using var compressed = new BrotliStream(new MemoryStream(archive), CompressionMode.Decompress);
        using var reader = new BinaryReader(compressed, Encoding.UTF8);
        int serverVersion = reader.ReadInt32();
        var objects = new CatalogObject[reader.ReadInt32()];
        for (int index = 0; index < objects.Length; index++)
        {
            CatalogKey key = ReadKey(reader);
            string definition = reader.ReadString();
            var parents = new CatalogKey[reader.ReadInt32()];
            for (int parent = 0; parent < parents.Length; parent++)
            {
                parents[parent] = ReadKey(reader);
            }

            objects[index] = new CatalogObject(key.Kind, key.Schema, key.Name, definition) { Parents = parents };
        }

        return new DatabaseCatalog(objects, serverVersion);
    }

    private static void Write(BinaryWriter writer, CatalogKey key)
    {
        // By name: a kind that is put in between changes no number.
        writer.Write(key.Kind.ToString());
        writer.Write(key.Schema);
        writer.Write(key.Name);
    }

    private static CatalogKey ReadKey(BinaryReader reader) => new(Enum.Parse<CatalogKind>(reader.ReadString()), reader.ReadString(), reader.ReadString());
}
