namespace SupabaseDeploy.Gateway.Web;

/// <summary>Opens files of releases so that an old release can be removed while one of its files is still being sent.</summary>
internal static class ReleaseFileStream
{
    public static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
}
