using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>A download that failed for good.</summary>
internal sealed class DownloadException(Uri address, string message, Exception? inner = null) : Exception(message, inner)
{
    public Uri Address => address;
}

/// <summary>The times of a download.</summary>
internal sealed record DownloadTimes
{
    /// <summary>The pause after the first failure; it doubles with each further one.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often in a row it may fail without a byte gained.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long the other side may be silent.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Downloads a file by HTTP. Goes on where an interrupted one stopped, and tries again what may be better in a moment.</summary>
internal sealed class ResumableDownload : IDisposable
{
    private const int LargestText = 64 * 1024;
    private const double Megabyte = 1_000_000;

    private readonly DownloadTimes _times;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    // Ends the attempt that is being made when the other side is silent for too long.
    private CancellationTokenSource? _silence;

    public ResumableDownload(DownloadTimes times, TimeProvider time)
    {
        (_times, _time) = (times, time);
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(15) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = LargestText,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("SupabaseDeploy");
    }

    /// <summary>Downloads into a file, behind what the file already holds.</summary>
    /// <exception cref="DownloadException">It cannot be got. What has come so far stays.</exception>
    public Task FetchAsync(Uri address, string file, string activity, IProgressSink sink, CancellationToken cancellationToken) => RetryAsync(
        address,
        () => File.Exists(file) ? new FileInfo(file).Length : 0,
        token => FetchOnceAsync(address, file, activity, sink, token),
        sink,
        cancellationToken);

    /// <summary>A small text; null when there is none at the address.</summary>
    /// <exception cref="DownloadException">It cannot be got.</exception>
    public async Task<string?> ReadTextAsync(Uri address, CancellationToken cancellationToken)
    {
        string? text = null;
        await RetryAsync(address, () => 0, ReadAsync, NullProgressSink.Instance, cancellationToken).ConfigureAwait(false);
        return text;

        async Task ReadAsync(CancellationToken token)
        {
            using HttpResponseMessage answer = await _http.GetAsync(address, token).ConfigureAwait(false);
            if (answer.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.Gone))
            {
                text = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(token).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task RetryAsync(Uri address, Func<long> progress, Func<CancellationToken, Task> attempt, IProgressSink sink, CancellationToken cancellationToken)
    {
        int failures = 0;
        while (true)
        {
            long before = progress();
            Exception failure;
            using (var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                silence.CancelAfter(_times.Silence);
                _silence = silence;
                try
                {
                    await attempt(silence.Token).ConfigureAwait(false);
                    return;
                }
                catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
                {
                    failure = new TimeoutException($"nothing came for {_times.Silence.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s", e);
                }
                catch (HttpRequestException e)
                {
                    failure = e;
                }
                catch (IOException e) when (e is HttpIOException || e.InnerException is SocketException)
                {
                    failure = e;
                }
            }

            failures = progress() > before ? 1 : failures + 1;
            if (failures >= _times.Attempts || !MayBeBetterSoon(failure))
            {
                throw new DownloadException(address, failure.Message.TrimEnd('.'), failure);
            }

            sink.Publish(new Detail($"'{address}': {failure.Message} Trying again."));
            await Task.Delay(_times.FirstPause * (1 << (failures - 1)), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FetchOnceAsync(Uri address, string file, string activity, IProgressSink sink, CancellationToken cancellationToken)
    {
        long have = File.Exists(file) ? new FileInfo(file).Length : 0;
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = have > 0 ? new RangeHeaderValue(have, null) : null;
        using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            if (answer.Content.Headers.ContentRange?.Length == have)
            {
                return; // It was complete.
            }

            File.Delete(file);
            throw new HttpRequestException(HttpRequestError.Unknown, "What was there is longer than the file.");
        }

        answer.EnsureSuccessStatusCode();
        bool goesOn = answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == have;
        long start = goesOn ? have : 0;
        long? total = answer.Content.Headers.ContentLength + start;
        FileStream target = new(file, goesOn ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read);
        await using (target.ConfigureAwait(false))
        {
            Stream source = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                await CopyAsync(source, target, start, total, activity, sink, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task CopyAsync(
        Stream source, FileStream target, long start, long? total, string activity, IProgressSink sink, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[128 * 1024];
        long done = start;
        int told = -1;
        int read;
        while ((read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            _silence!.CancelAfter(_times.Silence);
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            done += read;
            int percent = total > 0 ? (int)(100 * done / total.Value) : (int)(done / Megabyte);
            if (percent != told)
            {
                told = percent;
                sink.Publish(new ActivityProgress(activity, "Downloading", total > 0 ? percent : null, Operation: Amount(done, total)));
            }
        }
    }

    private static string Amount(long done, long? total) => string.Create(
        CultureInfo.InvariantCulture, $"{done / Megabyte:0.0}{(total is null ? "" : $" of {total / Megabyte:0.0}")} MB");

    // A name that is not known will not be in a second either; a server that has trouble, or a lost connection, may.
    private static bool MayBeBetterSoon(Exception failure) => failure switch
    {
        HttpRequestException { StatusCode: { } status } => (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => false,
        _ => true,
    };
}
