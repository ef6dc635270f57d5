using System.Runtime.ExceptionServices;

namespace SupabaseDeploy.Postgres;

/// <summary>Copies a folder of plain files. .NET clones files where the file system can (reflinks), so that a copy costs next to nothing there.</summary>
internal static class FolderCopy
{
    /// <summary>Copies <paramref name="source"/> to <paramref name="target"/>, which must not be there, with all permissions.</summary>
    public static void Run(string source, string target, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(target);
        foreach (string folder in Directory.EnumerateDirectories(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, folder));
            Directory.CreateDirectory(copy);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(copy, File.GetUnixFileMode(folder));
            }
        }

        // Thousands of small files: the time goes to making each of them, which several threads do side by side.
        var options = new ParallelOptions { MaxDegreeOfParallelism = System.Environment.ProcessorCount, CancellationToken = cancellationToken };
        try
        {
            Parallel.ForEach(
                Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories),
                options,
                file => File.Copy(file, Path.Combine(target, Path.GetRelativePath(source, file))));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
