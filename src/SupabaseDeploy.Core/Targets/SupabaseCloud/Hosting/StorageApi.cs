using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>One bucket of a project's storage (<see href="https://supabase.com/docs/guides/storage"/>), with a key that may write to it.</summary>
internal sealed class StorageApi(Uri project, string bucket, Func<CancellationToken, Task<Secret>> key, TimeProvider time)
{
    private const int Attempts = 4;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private static readonly HttpClient s_http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
    {
        Timeout = Timeout.InfiniteTimeSpan, // Each request has its own, which can be told from a command that is stopped.
    };

    /// <summary>Where the bucket's files are public.</summary>
    public Uri PublicAddress => new(project, $"storage/v1/object/public/{bucket}/");

    /// <summary>Makes the bucket, public, where there is none.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.WebHostFailed"/>: it is not public, or cannot be made.</exception>
    public async Task EnsureBucketAsync(CancellationToken cancellationToken)
    {
        (HttpStatusCode status, byte[] body) = await SendAsync(HttpMethod.Get, $"bucket/{bucket}", null, cancellationToken).ConfigureAwait(false);
        if (status == HttpStatusCode.OK)
        {
            using JsonDocument found = JsonDocument.Parse(body);
            if (!(found.RootElement.TryGetProperty("public", out JsonElement isPublic) && isPublic.ValueKind == JsonValueKind.True))
            {
                throw new DeployException(
                    ErrorTable.WebHostFailed,
                    $"The bucket '{bucket}' is not public, so that no browser could read what is in it.",
                    "Make it public in the dashboard, or name another one in 'hosting.bucket' of the stage.",
                    bucket);
            }

            return;
        }

        (status, body) = await SendAsync(HttpMethod.Post, "bucket", () => Json($$"""{"id":"{{bucket}}","name":"{{bucket}}","public":true}"""), cancellationToken).ConfigureAwait(false);
        EnsureDone(status, body, $"The bucket '{bucket}' cannot be made");
    }

    /// <summary>Writes a file, over one that is there.</summary>
    public async Task UploadAsync(string path, Func<Stream> content, CancellationToken cancellationToken)
    {
        (HttpStatusCode status, byte[] body) = await SendAsync(
            HttpMethod.Post,
            $"object/{bucket}/{Escaped(path)}",
            () =>
            {
                var stream = new StreamContent(content());
                stream.Headers.ContentType = MediaTypeHeaderValue.Parse(WebAssets.ContentType(path));
                return stream;
            },
            cancellationToken,
            WebAssets.CacheControl(path)).ConfigureAwait(false);
        EnsureDone(status, body, $"'{path}' cannot be written to bucket '{bucket}'");
    }

    /// <summary>Removes files; one that is not there is no error.</summary>
    public async Task RemoveAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        foreach (string[] some in paths.Chunk(100))
        {
            string prefixes = string.Join(',', some.Select(path => $"\"{JsonEncodedText.Encode(path)}\""));
            (HttpStatusCode status, byte[] body) = await SendAsync(HttpMethod.Delete, $"object/{bucket}", () => Json($$"""{"prefixes":[{{prefixes}}]}"""), cancellationToken).ConfigureAwait(false);
            EnsureDone(status, body, $"Files cannot be removed from bucket '{bucket}'");
        }
    }

    /// <summary>Every call here may be repeated, so that a failure that passes is tried again.</summary>
    private async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(
        HttpMethod method, string path, Func<HttpContent>? content, CancellationToken cancellationToken, string? cacheControl = null)
    {
        Secret secret = await key(cancellationToken).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(method, new Uri(project, $"storage/v1/{path}")) { Content = content?.Invoke() };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret.Reveal());
            request.Headers.Add("apikey", secret.Reveal());
            request.Headers.Add("x-upsert", "true");
            if (cacheControl is not null)
            {
                request.Headers.TryAddWithoutValidation("cache-control", cacheControl);
            }

            TimeSpan pause = TimeSpan.FromSeconds(Math.Pow(2, attempt - 1));
            using var limit = new CancellationTokenSource(s_limit, time);
            using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                using HttpResponseMessage answer = await s_http.SendAsync(request, limited.Token).ConfigureAwait(false);
                TimeSpan? asked = ApiRetries.AskedWait(answer, time);
                if (attempt == Attempts || asked > ApiRetries.LongestWait || answer.StatusCode is not (HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError))
                {
                    byte[] body = await answer.Content.ReadAsByteArrayAsync(limited.Token).ConfigureAwait(false);
                    return (answer.StatusCode, answer.IsSuccessStatusCode ? body : Encoding.UTF8.GetBytes(new SecretMask(secret).Hide(Encoding.UTF8.GetString(body))));
                }

                pause = asked ?? pause;
            }
            catch (HttpRequestException e) when (attempt == Attempts)
            {
                throw Failed($"The storage of the project at '{project}' cannot be reached: {e.GetBaseException().Message}", e);
            }
            catch (OperationCanceledException e) when (attempt == Attempts && !cancellationToken.IsCancellationRequested)
            {
                throw Failed($"The storage of the project at '{project}' did not answer {method} '{path}' within {s_limit.TotalSeconds:0} s, {Attempts} times", e);
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Tried again below.
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static void EnsureDone(HttpStatusCode status, byte[] body, string what)
    {
        if ((int)status is < 200 or >= 300)
        {
            string said = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 300)));
            throw Failed($"{what}: the storage answers {(int)status}: {said}", null);
        }
    }

    private static DeployException Failed(string what, Exception? inner) => new(
        ErrorTable.WebHostFailed,
        what.EndsWith('.') ? what : what + ".",
        "Check 'hosting' of the stage, the project's storage in the dashboard, and the limits for files there; then run the command again.",
        null,
        inner);
}
