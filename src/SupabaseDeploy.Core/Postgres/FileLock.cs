using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// One holder at a time over all processes of the machine. The system lets go of it when the holder dies, however it dies.
/// The file is taken away on release; .NET takes the lock again when it finds that the file it locked was taken away meanwhile.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, waiting for as long as the token allows.</summary>
    /// <param name="path">The lock's file; its folder is created.</param>
    /// <param name="waitingFor">What the other process does, for the notice: <c>it starts the cluster</c>.</param>
    /// <param name="sink">Is told when the wait is long.</param>
    /// <param name="timeProvider">Time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<FileLock> AcquireAsync(
        string path, string waitingFor, IProgressSink sink, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        bool isTold = false;
        FileLock? taken;
        while ((taken = TryAcquire(path)) is null)
        {
            if (!isTold && timeProvider.GetElapsedTime(start) > Patience)
            {
                isTold = true;
                sink.Publish(new Notice($"Waiting for another process: {waitingFor}."));
            }

            await Task.Delay(Poll, timeProvider, cancellationToken).ConfigureAwait(false);
        }

        return taken;
    }

    /// <summary>Takes the lock if it is free; null when another holds it.</summary>
    public static FileLock? TryAcquire(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (DirectoryNotFoundException)
        {
            // The folder was removed between the two calls, with the cluster that was in it.
            return null;
        }
        catch (IOException e) when (e.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
        {
            // Any other failure (no room, no such device) would be waited for in vain.
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
