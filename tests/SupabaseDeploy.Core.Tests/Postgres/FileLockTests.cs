using SupabaseDeploy.Events;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class FileLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string LockFile => Path.Combine(_folder.Path, "locks", "a.lock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Only_one_holds_it_and_its_file_goes_with_it()
    {
        using (FileLock? first = FileLock.TryAcquire(LockFile))
        {
            Assert.NotNull(first);
            Assert.Null(FileLock.TryAcquire(LockFile));
            Assert.True(File.Exists(LockFile), "a failed attempt must not take the holder's file away");
        }

        Assert.False(File.Exists(LockFile));
        using FileLock? second = FileLock.TryAcquire(LockFile);
        Assert.NotNull(second);
    }

    [Fact]
    public void A_file_left_by_a_dead_holder_is_no_obstacle()
    {
        _folder.Write("locks/a.lock", "");

        using FileLock? taken = FileLock.TryAcquire(LockFile);

        Assert.NotNull(taken);
    }

    [Fact]
    public async Task What_can_never_be_locked_is_not_waited_for()
    {
        _folder.Write("locks", "a file where the folder should be");

        await Assert.ThrowsAnyAsync<IOException>(() => AcquireAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Many_at_once_take_turns()
    {
        int inside = 0;
        int most = 0;
        int turns = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 5; i++)
            {
                using FileLock turn = await AcquireAsync(CancellationToken.None);
                most = Math.Max(most, Interlocked.Increment(ref inside));
                turns++;
                await Task.Yield();
                Interlocked.Decrement(ref inside);
            }
        })));

        Assert.Equal((1, 40), (most, turns));
    }

    [Fact]
    public async Task A_wait_ends_with_its_token()
    {
        using FileLock? holder = FileLock.TryAcquire(LockFile);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AcquireAsync(stop.Token));
    }

    private Task<FileLock> AcquireAsync(CancellationToken cancellationToken) =>
        FileLock.AcquireAsync(LockFile, "it tests", NullProgressSink.Instance, TimeProvider.System, cancellationToken);
}
