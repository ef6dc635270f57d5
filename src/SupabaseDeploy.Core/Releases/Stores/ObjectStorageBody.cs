using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>The body of an answer, read by whoever wants the object: one that stalls or breaks off is the store's failure, however long it is.</summary>
/// <param name="inner">The body, disposed with this.</param>
/// <param name="time">The clock.</param>
/// <param name="unavailable">Makes the failure of its reason and its cause.</param>
internal sealed class ObjectStorageBody(Stream inner, TimeProvider time, Func<string, Exception?, DeployException> unavailable) : Stream
{
    private static readonly TimeSpan s_idleLimit = TimeSpan.FromMinutes(1);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var timeout = new CancellationTokenSource(s_idleLimit, time);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await inner.ReadAsync(buffer, limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw unavailable($"an answer stopped in the middle for {s_idleLimit.TotalSeconds:0} s", e);
        }
        catch (IOException e)
        {
            throw unavailable($"an answer broke off: {e.Message}", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
