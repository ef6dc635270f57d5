using System.Runtime.ExceptionServices;

namespace SupabaseDeploy.Postgres;

/// <summary>Deletes folders of thousands of files, such as a server's data.</summary>
internal static class FolderRemoval
{
    // What links lead to is somebody else's; the links themselves go with the folders.
    private static readonly EnumerationOptions s_files = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>Deletes a folder with all that is in it.</summary>
    public static void Run(string folder)
    {
        // Giving back a file's room takes longer than finding the next one: so several at a time, and the folders after them.
        try
        {
            Parallel.ForEach(Directory.EnumerateFiles(folder, "*", s_files), File.Delete);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        Directory.Delete(folder, recursive: true);
    }
}
