using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class FreezeWindowTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{ from: 2026-12-24, to: 2026-12-26, reason: r }", "2026-12-23T23:59Z", null)]
    [InlineData("{ from: 2026-12-24, to: 2026-12-26, reason: r }", "2026-12-24T00:00Z", "2026-12-27T00:00Z")]
    [InlineData("{ from: 2026-12-24, to: 2026-12-26, reason: r }", "2026-12-26T23:59Z", "2026-12-27T00:00Z")]
    [InlineData("{ from: 2026-12-24, to: 2026-12-26, reason: r }", "2026-12-27T00:00Z", null)]
    [InlineData("{ from: 2026-12-24, to: 2026-12-26, timeZone: Europe/Berlin, reason: r }", "2026-12-23T23:00Z", "2026-12-26T23:00Z")]
    [InlineData("{ from: 2026-12-24T18:00, to: 2026-12-24T20:30, timeZone: America/New_York, reason: r }", "2026-12-24T23:00Z", "2026-12-25T01:30Z")]
    [InlineData("{ days: [fri], from: \"15:00\", reason: r }", "2026-11-27T14:59Z", null)]
    [InlineData("{ days: [fri], from: \"15:00\", reason: r }", "2026-11-27T15:00Z", "2026-11-28T00:00Z")]
    [InlineData("{ days: [fri], from: \"22:00\", to: \"06:00\", reason: r }", "2026-11-28T05:59Z", "2026-11-28T06:00Z")]
    [InlineData("{ days: [sat, sun], reason: r }", "2026-11-28T12:00Z", "2026-11-30T00:00Z")]
    [InlineData("{ days: [mon, tue, wed, thu, fri, sat, sun], reason: r }", "2026-11-28T12:00Z", "2026-12-06T00:00Z")]
    [InlineData("{ days: [sun], from: \"02:30\", to: \"03:00\", timeZone: Europe/Berlin, reason: r }", "2026-10-25T01:45Z", "2026-10-25T02:00Z")]
    [InlineData("{ days: [sun], from: \"01:00\", to: \"02:30\", timeZone: Europe/Berlin, reason: r }", "2026-03-29T00:30Z", "2026-03-29T01:00Z")]
    [InlineData("{ days: [sun], from: \"01:00\", to: \"02:15\", timeZone: Australia/Lord_Howe, reason: r }", "2026-10-03T15:00Z", "2026-10-03T15:30Z")]
    public void A_moment_is_frozen_until_the_window_ends(string window, string moment, string? end)
    {
        _folder.Write("env/pipeline.yml", $"application: a\nstages:\n  - name: production\n    target: local\n    gates:\n      freeze:\n        - {window}\n");
        FreezeWindow freeze = DeploymentPipeline.Load(new ProjectFolder(_folder.Path)).Resolve("production").Single().Gates.Freeze.Single();

        DateTimeOffset? ends = freeze.EndAt(Parse(moment));

        Assert.Equal(end is null ? null : Parse(end), ends);
    }

    private static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
