using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace SupabaseDeploy.Gateway.Tests;

public sealed class StaticSiteTests(StaticSiteTests.Site site) : IClassFixture<StaticSiteTests.Site>
{
    private const string Page = "<!doctype html><title>courses</title>";
    private const string Script = "console.log('courses')";

    private RunningGateway Gateway => site.Gateway;

    [Theory]
    [InlineData("/")]
    [InlineData("/index.html")]
    [InlineData("/courses/42")]
    [InlineData("/courses/")]
    [InlineData("/a%20b/%C3%A9")]
    public async Task A_route_of_the_application_answers_the_page_and_is_asked_about_each_time(string path)
    {
        using HttpResponseMessage response = await Gateway.SendAsync(HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Page, await response.Content.ReadAsStringAsync());
        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache", response.Headers.CacheControl!.ToString());
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
    }

    [Theory]
    [InlineData("/missing.js")]
    [InlineData("/app.0a1b2c3d4e.js")]
    [InlineData("/favicon.ico")]
    [InlineData("/_gateway/other")]
    public async Task A_missing_asset_is_not_found(string path)
    {
        using HttpResponseMessage response = await Gateway.SendAsync(HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("/main.dart.js", "text/javascript; charset=utf-8", "no-cache")]
    [InlineData("/assets/app.3f9a1c22.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable")]
    [InlineData("/assets/index-BxY12abC.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable")]
    [InlineData("/canvaskit/canvaskit.wasm", "application/wasm", "no-cache")]
    [InlineData("/manifest.webmanifest", "application/manifest+json; charset=utf-8", "no-cache")]
    [InlineData("/shaders/ink_sparkle.frag", "application/octet-stream", "no-cache")]
    [InlineData("/main-component.js", "text/javascript; charset=utf-8", "no-cache")]
    public async Task Assets_have_their_type_and_are_kept_as_long_as_their_name_allows(string path, string type, string cacheControl)
    {
        using HttpResponseMessage response = await Gateway.SendAsync(HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType!.ToString());
        Assert.Equal(cacheControl, Assert.Single(response.Headers.GetValues("Cache-Control")));
    }

    [Fact]
    public async Task The_ETag_is_the_digest_of_the_content_and_answers_not_modified()
    {
        string digest = $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Script)))}\"";
        using HttpResponseMessage first = await Gateway.SendAsync(HttpMethod.Get, "/main.dart.js");
        using HttpResponseMessage second = await Gateway.SendAsync(
            HttpMethod.Get, "/main.dart.js", request => request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue(digest)));
        using HttpResponseMessage other = await Gateway.SendAsync(
            HttpMethod.Get, "/main.dart.js", request => request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"0\"")));

        Assert.Equal(new EntityTagHeaderValue(digest, isWeak: false), first.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
        Assert.Equal(digest, second.Headers.ETag!.Tag);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task HEAD_answers_the_headers_of_GET_without_its_body()
    {
        using HttpResponseMessage response = await Gateway.SendAsync(HttpMethod.Head, "/main.dart.js");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Script.Length, response.Content.Headers.ContentLength);
        Assert.NotNull(response.Headers.ETag);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_range_answers_only_that_part()
    {
        using HttpResponseMessage part = await Gateway.SendAsync(
            HttpMethod.Get, "/main.dart.js", request => request.Headers.Range = new RangeHeaderValue(0, 6));
        using HttpResponseMessage beyond = await Gateway.SendAsync(
            HttpMethod.Get, "/main.dart.js", request => request.Headers.Range = new RangeHeaderValue(1000, 1001));

        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("console", await part.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
    }

    [Theory]
    [InlineData("gzip, deflate, br", "br", "brotli")]
    [InlineData("gzip", "gzip", "gzipped")]
    [InlineData("br;q=0.5, gzip;q=0.8", "gzip", "gzipped")]
    [InlineData("*", "br", "brotli")]
    [InlineData("br;q=0, gzip;q=0", null, "plain")]
    [InlineData("identity, br;q=0.5", null, "plain")]
    [InlineData("zstd", null, "plain")]
    [InlineData(null, null, "plain")]
    public async Task A_file_with_compressed_ones_beside_it_is_sent_as_the_client_likes_it(string? accepted, string? encoding, string body)
    {
        using HttpResponseMessage response = await Gateway.SendAsync(HttpMethod.Get, "/compressed.js", request => Accept(request, accepted));

        Assert.Equal(encoding, response.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
        Assert.Equal("text/javascript; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("Accept-Encoding", Assert.Single(response.Headers.Vary));
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))}\"", response.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task The_page_is_sent_compressed_for_a_route_too_and_is_asked_about_each_time()
    {
        using HttpResponseMessage response = await Gateway.SendAsync(HttpMethod.Get, "/courses/42", request => Accept(request, "gzip"));

        Assert.Equal(("gzip", "gzipped page"), (Assert.Single(response.Content.Headers.ContentEncoding), await response.Content.ReadAsStringAsync()));
        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache", response.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_part_of_a_file_is_a_part_of_the_file_itself_whatever_the_client_accepts()
    {
        using HttpResponseMessage part = await Gateway.SendAsync(HttpMethod.Get, "/compressed.js", request =>
        {
            Accept(request, "br");
            request.Headers.Range = new RangeHeaderValue(0, 1);
        });

        Assert.Equal((HttpStatusCode.PartialContent, "pl"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
        Assert.Empty(part.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task A_file_without_compressed_ones_does_not_vary()
    {
        using HttpResponseMessage response = await Gateway.SendAsync(HttpMethod.Get, "/main.dart.js", request => Accept(request, "br"));

        Assert.Empty(response.Headers.Vary);
        Assert.Empty(response.Content.Headers.ContentEncoding);
    }

    private static void Accept(HttpRequestMessage request, string? encodings)
    {
        if (encodings is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encodings);
        }
    }

    [Fact]
    public async Task Other_methods_are_not_allowed()
    {
        using HttpResponseMessage response = await Gateway.SendAsync(HttpMethod.Post, "/main.dart.js");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("/../gateway.json")]
    [InlineData("/%2e%2e/gateway.json")]
    [InlineData("/..%2fgateway.json")]
    [InlineData("/assets/..%2f..%2f..%2f..%2fgateway.json")]
    [InlineData("/..\\..\\gateway.json")]
    [InlineData("//etc/hosts.txt")]
    [InlineData("/%2fetc%2fhosts.txt")]
    [InlineData("/outside.txt")]
    public async Task Nothing_outside_the_release_is_reachable(string path)
    {
        // Not through HttpClient, which tidies paths before it sends them.
        string answer = await RawHttp.GetAsync(Gateway.State.Port, path);

        Assert.Matches("^HTTP/1.1 (404|400) ", answer);
    }

    [Fact]
    public void Other_machines_cannot_connect()
    {
        IPEndPoint[] endpoints = System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();

        Assert.Equal(IPAddress.Loopback, Assert.Single(endpoints, endpoint => endpoint.Port == Gateway.State.Port).Address);
    }

    /// <summary>One gateway with one release for all tests here.</summary>
    public sealed class Site : IAsyncLifetime
    {
        public RunningGateway Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Gateway = await RunningGateway.StartAsync();
            Gateway.AddRelease(
                "one",
                ("index.html", Page),
                ("index.html.gz", "gzipped page"),
                ("main.dart.js", Script),
                ("compressed.js", "plain"),
                ("compressed.js.br", "brotli"),
                ("compressed.js.gz", "gzipped"),
                ("main-component.js", Script),
                ("assets/app.3f9a1c22.js", Script),
                ("assets/index-BxY12abC.css", "body{}"),
                ("canvaskit/canvaskit.wasm", "\0asm"),
                ("manifest.webmanifest", "{}"),
                ("shaders/ink_sparkle.frag", "void main(){}"));
            File.CreateSymbolicLink(Path.Combine(Gateway.WebRoot, "releases", "one", "outside.txt"), Gateway.StateFile);
            Gateway.Switch("one");
        }

        public ValueTask DisposeAsync()
        {
            Gateway.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
