using System.IO.Compression;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>Source files of a function in one value, as a database row keeps them.</summary>
internal static class FunctionArchive
{
    public static byte[] Pack(IReadOnlyList<SourceFile> files)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (SourceFile file in files)
            {
                using Stream entry = archive.CreateEntry(file.Path).Open();
                entry.Write(file.Content);
            }
        }

        return stream.ToArray();
    }

    public static IReadOnlyList<SourceFile> Unpack(byte[] packed)
    {
        using var archive = new ZipArchive(new MemoryStream(packed));
        var files = new List<SourceFile>();
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using Stream stream = entry.Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            files.Add(new SourceFile(entry.FullName, content.ToArray()));
        }

        return files;
    }
}
