using System.Net;
using System.Xml;
using System.Xml.Linq;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>A bucket of an object storage that speaks S3: list, get and put, signed and tried again.</summary>
internal sealed class ObjectStorageBlobs(ObjectStorageSettings settings, HttpMessageHandler? handler = null, TimeProvider? time = null) : IReleaseBlobs
{
    private const int Attempts = 4;
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(200);

    // Until the answer begins. A file that is put has to be there by then.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_putLimit = TimeSpan.FromMinutes(10);

    // One for the process: its connections are used again. Each request has a limit of its own, which can be told from a command that is stopped.
    private static readonly HttpClient s_client = new() { Timeout = Timeout.InfiniteTimeSpan };

    private readonly HttpClient _client = handler is null ? s_client : new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    public string Name => settings.Name;

    public async Task<IReadOnlyList<string>> ListAsync(string ending, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        string? next = null;
        do
        {
            string query = $"list-type=2&prefix={ObjectStorageSignature.Escape(settings.Prefix)}{(next is null ? "" : $"&continuation-token={ObjectStorageSignature.Escape(next)}")}";
            using HttpResponseMessage response = await SendAsync(() => Request(HttpMethod.Get, "", query), ObjectStorageSignature.EmptyPayload, cancellationToken).ConfigureAwait(false);
            XElement list = await ReadAsync(await EnsureAsync(response, "list", cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            XNamespace space = list.Name.Namespace;
            names.AddRange(list.Elements(space + "Contents").Select(item => item.Element(space + "Key")!.Value[settings.Prefix.Length..]));
            next = list.Element(space + "IsTruncated")?.Value == "true" ? list.Element(space + "NextContinuationToken")?.Value : null;
        }
        while (next is not null);

        return [.. names.Where(name => name.EndsWith(ending, StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    public async Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await SendAsync(() => Request(HttpMethod.Get, name, ""), ObjectStorageSignature.EmptyPayload, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            response.Dispose();
            return null;
        }

        await EnsureAsync(response, $"get '{name}'", cancellationToken).ConfigureAwait(false);
        return await BodyAsync(response, cancellationToken).ConfigureAwait(false);
    }

    public async Task PutAsync(string name, string file, CancellationToken cancellationToken)
    {
        string sha256 = await FileDigest.OfFileAsync(file, cancellationToken).ConfigureAwait(false);
        using HttpResponseMessage response = await SendAsync(
            () =>
            {
                HttpRequestMessage request = Request(HttpMethod.Put, name, "");
                request.Content = new StreamContent(File.OpenRead(file));
                return request;
            },
            sha256,
            cancellationToken).ConfigureAwait(false);
        await EnsureAsync(response, $"put '{name}'", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Every request may be repeated: an object is put whole, under a name that says what is in it.</summary>
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, string payloadSha256, CancellationToken cancellationToken)
    {
        TimeSpan pause = s_firstPause;
        for (int attempt = 1; ; attempt++, pause *= 2)
        {
            using HttpRequestMessage request = make();
            ObjectStorageSignature.Sign(request, payloadSha256, settings, _time.GetUtcNow());
            TimeSpan limit = request.Method == HttpMethod.Put ? s_putLimit : s_limit;
            using var timeout = new CancellationTokenSource(limit, _time);
            using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            try
            {
                HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limited.Token).ConfigureAwait(false);
                if (attempt == Attempts || response.StatusCode is < HttpStatusCode.InternalServerError and not HttpStatusCode.TooManyRequests)
                {
                    return response;
                }

                response.Dispose();
            }
            catch (HttpRequestException e) when (attempt == Attempts)
            {
                throw Unavailable($"it cannot be reached at '{settings.Endpoint.Authority}': {e.Message}", e);
            }
            catch (OperationCanceledException e) when (attempt == Attempts && !cancellationToken.IsCancellationRequested)
            {
                throw Unavailable($"it did not answer at '{settings.Endpoint.Authority}' within {limit.TotalSeconds:0} s, {Attempts} times", e);
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Tried again below.
            }

            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    // The bucket is in the path: every service that speaks S3 takes that, also one without a name for each bucket.
    private HttpRequestMessage Request(HttpMethod method, string name, string query)
    {
        string path = string.Join('/', $"{settings.Prefix}{name}".Split('/').Select(ObjectStorageSignature.Escape));
        string key = query.Length > 0 ? "" : "/" + path;
        return new HttpRequestMessage(method, new Uri($"{settings.Endpoint.AbsoluteUri.TrimEnd('/')}/{settings.Bucket}{key}{(query.Length > 0 ? "?" + query : "")}"));
    }

    private async Task<HttpResponseMessage> EnsureAsync(HttpResponseMessage response, string what, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        string code = await CodeAsync(response, cancellationToken).ConfigureAwait(false);
        string request = response.Headers.TryGetValues("x-amz-request-id", out IEnumerable<string>? ids) ? $", request {string.Join(",", ids)}" : "";
        throw Unavailable($"it answers {(int)response.StatusCode} {code} to {what}{request}", null);
    }

    private async Task<Stream> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        new ObjectStorageBody(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), _time, Unavailable);

    private async Task<string> CodeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            XElement error = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
            return error.Element("Code")?.Value ?? response.ReasonPhrase ?? "";
        }
        catch (XmlException)
        {
            return response.ReasonPhrase ?? ""; // Something before the storage answered.
        }
    }

    private async Task<XElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        Stream content = await BodyAsync(response, cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            return await XElement.LoadAsync(content, LoadOptions.None, cancellationToken).ConfigureAwait(false);
        }
    }

    private DeployException Unavailable(string why, Exception? inner) => new(
        ErrorTable.ReleaseStoreUnavailable,
        $"The release store '{Name}' cannot be used: {why}.",
        "Check 'releases' in env/pipeline.yml, and the access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        Name,
        inner);
}
