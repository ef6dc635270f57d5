using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Gateway.Tests;

public sealed class ReleaseSwitchTests
{
    [Fact]
    public async Task Before_the_first_release_a_page_says_so_and_health_waits()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync();
        using HttpResponseMessage page = await gateway.SendAsync(HttpMethod.Get, "/");
        GatewayHealth health = GatewayHealth.Parse(await gateway.Client.GetByteArrayAsync("_gateway/health"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        Assert.Contains("has no release yet", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(
            new GatewayHealth("waiting", null, "staging", gateway.Process.Id, gateway.State.StartedAt, ServicePlan.Empty.Hash, health.Services), health);
        Assert.Empty(health.Services);
    }

    [Fact]
    public async Task A_switch_is_seen_by_the_next_request_and_by_health()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync();
        AddReleases(gateway, count: 2);

        foreach (int number in (int[])[1, 2, 1])
        {
            gateway.Switch(Id(number));
            Assert.Equal(PageOf(number), await gateway.Client.GetStringAsync("/"));
            GatewayHealth health = GatewayHealth.Parse(await gateway.Client.GetByteArrayAsync("_gateway/health"));
            Assert.Equal(("serving", Id(number)), (health.Status, health.Release));
        }
    }

    [Fact]
    public async Task A_page_of_the_release_before_still_gets_its_assets_but_removed_plain_files_are_gone()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync();
        AddReleases(gateway, count: 2);
        gateway.Switch(Id(2));

        Assert.Equal("script 1", await gateway.Client.GetStringAsync(AssetOf(1)));
        using HttpResponseMessage plain = await gateway.SendAsync(HttpMethod.Get, "/only1.txt");
        Assert.Equal(HttpStatusCode.NotFound, plain.StatusCode);
    }

    [Fact]
    public async Task A_served_release_that_vanished_is_named_missing_and_served_again_when_it_is_back()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync();
        AddReleases(gateway, count: 1);
        gateway.Switch(Id(1));
        Assert.Equal(PageOf(1), await gateway.Client.GetStringAsync("/"));

        string folder = Path.Combine(gateway.WebRoot, "releases", Id(1));
        Directory.Move(folder, folder + ".old");
        using HttpResponseMessage page = await gateway.SendAsync(HttpMethod.Get, "/");
        GatewayHealth health = GatewayHealth.Parse(await gateway.Client.GetByteArrayAsync("_gateway/health"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        Assert.Equal(("missing", null), (health.Status, health.Release));

        Directory.Move(folder + ".old", folder);
        Assert.Equal(PageOf(1), await gateway.Client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Switching_under_load_loses_no_request_and_mixes_no_releases()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync();
        AddReleases(gateway, count: 3);

        IReadOnlyCollection<string> failures = await SwitchUnderLoadAsync(gateway, VisitAsync, i => gateway.Switch(Id((i % 3) + 1)));

        Assert.Empty(failures);
    }

    [Fact]
    public async Task Removing_the_release_before_at_once_and_publishing_it_again_breaks_no_page()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync();
        AddReleases(gateway, count: 1);

        IReadOnlyCollection<string> failures = await SwitchUnderLoadAsync(gateway, OpenPageAsync, i =>
        {
            int next = (i % 2) + 1, before = 3 - next;
            if (!Directory.Exists(Path.Combine(gateway.WebRoot, "releases", Id(next))))
            {
                AddRelease(gateway, next);
            }

            gateway.Switch(Id(next));
            string removed = Path.Combine(gateway.WebRoot, "releases", Id(before));
            if (Directory.Exists(removed))
            {
                Directory.Move(removed, removed + ".old");
                Directory.Delete(removed + ".old", recursive: true);
            }
        });

        Assert.Empty(failures);
    }

    private static async Task<IReadOnlyCollection<string>> SwitchUnderLoadAsync(
        RunningGateway gateway, Func<RunningGateway, ConcurrentQueue<string>, Task> visit, Action<int> change)
    {
        const int Changes = 60, Visitors = 4;
        using var done = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        int visits = 0;
        change(0);

        Task[] visitors = [.. Enumerable.Range(0, Visitors).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await visit(gateway, failures);
                Interlocked.Increment(ref visits);
            }
        }))];
        for (int i = 1; i <= Changes; i++)
        {
            int seen = Volatile.Read(ref visits);
            change(i);
            await Wait.UntilAsync(() => Volatile.Read(ref visits) > seen + Visitors || visitors.Any(visitor => visitor.IsFaulted));
        }

        await done.CancelAsync();
        await Task.WhenAll(visitors);
        return failures;
    }

    private static async Task OpenPageAsync(RunningGateway gateway, ConcurrentQueue<string> failures)
    {
        using HttpResponseMessage page = await gateway.SendAsync(HttpMethod.Get, "/");
        string html = await page.Content.ReadAsStringAsync();
        if (page.StatusCode != HttpStatusCode.OK || (html != PageOf(1) && html != PageOf(2)))
        {
            failures.Enqueue($"page {page.StatusCode}: {html}");
        }
    }

    /// <summary>Opens the page and what it refers to, as a browser does; all of it must be of one release.</summary>
    private static async Task VisitAsync(RunningGateway gateway, ConcurrentQueue<string> failures)
    {
        using HttpResponseMessage page = await gateway.SendAsync(HttpMethod.Get, "/");
        string html = await page.Content.ReadAsStringAsync();
        Match asset = Regex.Match(html, @"release (?<number>\d) src=(?<path>[^\s>]+)>");
        if (page.StatusCode != HttpStatusCode.OK || !asset.Success)
        {
            failures.Enqueue($"page {page.StatusCode}: {html}");
            return;
        }

        using HttpResponseMessage script = await gateway.SendAsync(HttpMethod.Get, asset.Groups["path"].Value);
        string content = await script.Content.ReadAsStringAsync();
        if (script.StatusCode != HttpStatusCode.OK || content != $"script {asset.Groups["number"].Value}")
        {
            failures.Enqueue($"script {script.StatusCode}: {content} for {html}");
        }

        string served = Assert.Single(page.Headers.GetValues("SupabaseDeploy-Release"));
        if (served != Id(asset.Groups["number"].Value[0] - '0'))
        {
            failures.Enqueue($"header {served} for {html}");
        }
    }

    private static void AddReleases(RunningGateway gateway, int count)
    {
        foreach (int number in Enumerable.Range(1, count))
        {
            AddRelease(gateway, number);
        }
    }

    private static void AddRelease(RunningGateway gateway, int number) => gateway.AddRelease(
        Id(number), ("index.html", PageOf(number)), (AssetOf(number)[1..], $"script {number}"), ($"only{number}.txt", "plain"));

    private static string Id(int number) => new($"{number}"[0], 64);

    private static string AssetOf(int number) => $"/assets/app.{number}a2b3c4d5e.js";

    private static string PageOf(int number) => $"<script release {number} src={AssetOf(number)}></script>";
}
