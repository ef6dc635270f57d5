using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class GateTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow.AddSeconds(1));
    private PublishedApplication? _application;

    private PublishedApplication Application => _application!;

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_refusal_lists_every_gate_with_what_is_missing_and_the_command_for_it()
    {
        Release release = await StartAsync(
            """
            promoteFrom: staging
            gates:
              evidence: [tests, { kind: rehearsal, maxAge: 7d }]
              soak: 30m
              approvals: 2
              drillWithin: 24h
              freeze: [{ days: [mon, tue, wed, thu, fri, sat, sun], reason: end of year }]
            """);

        DeployException refused = await RefusedAsync(release);

        Assert.Equal(ErrorTable.GateRefused, refused.Code);
        Assert.Contains("7 of 8 gates are not passed", refused.Message, StringComparison.Ordinal);
        foreach (string expected in (string[])
            [
                "[passed] not locked",
                $"[missing] healthy on staging: Release {release} has no evidence 'healthy' there.",
                $"Publish-Environment staging -Release {release}",
                "[missing] tests on staging or production",
                $"Test-Release {release} -Environment staging -Check flutter",
                "[missing] rehearsal on staging or production",
                "[missing] soak of 30m on staging: It does not run there.",
                "[missing] drill of production within 1d",
                "Get-DeploymentBackup production -Latest | Test-DeploymentBackup",
                "[pending] 2 approvals: Asked for by ann; approved by nobody yet.",
                $"Approve-Deployment production -Release {release}",
                "[pending] no freeze (end of year): Nothing is published until ",
            ])
        {
            Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Evidence_opens_a_gate_until_it_is_too_old_or_speaks_against_the_release()
    {
        Release release = await StartAsync("gates: { evidence: [{ kind: tests, maxAge: 7d }] }");
        Ledger production = Application.Ledger("production");
        await production.RecordEvidenceAsync(Evidence.Tests, release, true, "ok", _time.GetUtcNow(), CancellationToken.None);

        Assert.True((await GateAsync(release, GateKind.Evidence)).IsPassed);
        _time.Advance(TimeSpan.FromDays(7) + TimeSpan.FromMinutes(1));
        Gate old = await GateAsync(release, GateKind.Evidence);
        await production.RecordEvidenceAsync(Evidence.Tests, release, false, """{"summary":"2 failed"}""", _time.GetUtcNow(), CancellationToken.None);
        Gate against = await GateAsync(release, GateKind.Evidence);

        Assert.False(old.IsPassed);
        Assert.Contains("is 7d1m old; at most 7d is asked for", old.Message, StringComparison.Ordinal);
        Assert.EndsWith("speaks against it: 2 failed", against.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rehearsal_of_nothing_on_the_stage_before_opens_no_gate()
    {
        Release release = await StartAsync("promoteFrom: staging\ngates: { evidence: [rehearsal] }");
        Ledger staging = Application.Ledger("staging");
        await staging.RecordEvidenceAsync(Evidence.Rehearsal, release, true, """{"summary":"0 migrations ran","migrations":0}""", _time.GetUtcNow(), CancellationToken.None);

        Gate ofNothing = await GateAsync(release, GateKind.Evidence);
        await staging.RecordEvidenceAsync(Evidence.Rehearsal, release, true, """{"summary":"1 migration ran","migrations":1}""", _time.GetUtcNow(), CancellationToken.None);

        Assert.False(ofNothing.IsPassed);
        Assert.EndsWith("Test-Release " + release + " -Environment production -Check rehearsal", ofNothing.Remedy, StringComparison.Ordinal);
        Assert.True((await GateAsync(release, GateKind.Evidence)).IsPassed);
    }

    [Theory]
    [InlineData("""{"summary":"","migrations":1,"versions":["002"]}""", false)]
    [InlineData("""{"summary":"","migrations":1}""", false)]
    [InlineData("""{"summary":"","migrations":2}""", true)]
    [InlineData("""{"summary":"","migrations":2,"versions":["001","002"]}""", true)]
    [InlineData("as it was in the beginning", true)]
    public async Task A_rehearsal_opens_its_gate_where_it_ran_all_that_is_still_to_run(string content, bool isPassed)
    {
        await StartAsync("promoteFrom: staging\ngates: { evidence: [rehearsal] }");
        Release release = await Application.ReleaseAsync(2);
        await Application.Ledger("staging").RecordEvidenceAsync(Evidence.Rehearsal, release, true, content, _time.GetUtcNow(), CancellationToken.None);

        Gate gate = await GateAsync(release, GateKind.Evidence);

        Assert.Equal(isPassed, gate.IsPassed);
        Assert.True(isPassed || gate.Message.EndsWith("did not run all that is still to run here: migrations 001, 002.", StringComparison.Ordinal), gate.Message);
    }

    [Fact]
    public async Task The_last_measurement_on_the_stage_before_decides_and_a_bad_one_ends_the_soak()
    {
        Release release = await StartAsync("promoteFrom: staging\ngates: { evidence: [{ kind: healthy, maxAge: 1h }], soak: 30m }");
        await Application.PublishAsync("staging", release);
        _time.Advance(TimeSpan.FromMinutes(61));
        Gate old = await GateAsync(release, GateKind.Promotion);
        Assert.Equal(GateVerdict.Passed, (await GateAsync(release, GateKind.Soak)).Verdict);

        await RecordAsync(isHealthy: false);
        Gate promotion = await GateAsync(release, GateKind.Promotion);
        Gate soak = await GateAsync(release, GateKind.Soak);

        Assert.Equal((false, "Measure it there: Test-DeploymentHealth staging -Record"), (old.IsPassed, old.Remedy));
        Assert.Equal((false, old.Remedy), (promotion.IsPassed, promotion.Remedy));
        Assert.Contains("speaks against it: web is Failed", promotion.Message, StringComparison.Ordinal);
        Assert.Equal((GateVerdict.Missing, old.Remedy), (soak.Verdict, soak.Remedy));
        Assert.StartsWith("It was not healthy there at ", soak.Message, StringComparison.Ordinal);
        Assert.Empty(await new ReleaseWhereabouts(Application.Targets).HealthyOnAsync(Application.Environment("staging"), CancellationToken.None));

        await RecordAsync(isHealthy: true);
        Assert.True((await GateAsync(release, GateKind.Promotion)).IsPassed);
        Assert.StartsWith("Wait 30m", (await GateAsync(release, GateKind.Soak)).Remedy, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(GateVerdict.Passed, (await GateAsync(release, GateKind.Soak)).Verdict);
    }

    [Fact]
    public async Task Soaking_takes_time_without_a_break()
    {
        Release first = await StartAsync("promoteFrom: staging\ngates: { soak: 30m }");
        await Application.PublishAsync("staging", first);
        _time.Advance(TimeSpan.FromMinutes(10));
        Gate pending = await GateAsync(first, GateKind.Soak);
        Release second = await Application.ReleaseAsync(2);
        await Application.PublishAsync("staging", second);
        _time.Advance(TimeSpan.FromMinutes(31));

        Gate ended = await GateAsync(first, GateKind.Soak);
        Gate passed = await GateAsync(second, GateKind.Soak);

        Assert.Equal(GateVerdict.Pending, pending.Verdict);
        Assert.StartsWith("Wait 20m", pending.Remedy, StringComparison.Ordinal);
        Assert.Equal(GateVerdict.Missing, ended.Verdict);
        Assert.Contains("It ran there for 10m", ended.Message, StringComparison.Ordinal);
        Assert.Equal(GateVerdict.Passed, passed.Verdict);
    }

    [Fact]
    public async Task What_ran_on_the_stage_whose_backup_this_one_was_made_from_counts_for_nothing()
    {
        Release release = await StartAsync("promoteFrom: staging\ngates: { soak: 30m }");
        await Application.PublishAsync("staging", release);
        _time.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(GateVerdict.Passed, (await GateAsync(release, GateKind.Soak)).Verdict);

        // The same database, as it is when it belongs to a stage of another name.
        string pipeline = Path.Combine(Application.Project.Root, "env", "pipeline.yml");
        Application.Write("env/pipeline.yml", (await File.ReadAllTextAsync(pipeline)).Replace("name: staging", "name: copy", StringComparison.Ordinal).Replace("promoteFrom: staging", "promoteFrom: copy", StringComparison.Ordinal));
        Application.Write("env/copy.json", "{}");
        using var targets = new FolderTargets([
            new FolderTarget(Application.Environment("copy"), Application.Database("staging").Application),
            new FolderTarget(Application.Environment("production"), Application.Database("production").Application)]);
        DeploymentPlan promoted = await new DeploymentPlanner(targets, _time, Application.Actor)
            .PlanPublishAsync(Application.Environment("production"), release, rollForward: false, CancellationToken.None);
        ObservedState observed = await new EnvironmentObserver(targets).ObserveAsync(Application.Environment("copy"), CancellationToken.None);

        Assert.Equal(GateVerdict.Missing, promoted.Gates.Single(gate => gate.Kind == GateKind.Soak).Verdict);
        Assert.Empty(observed.HealthyReleases);
        Assert.Empty(await new ReleaseWhereabouts(targets).HealthyOnAsync(Application.Environment("copy"), CancellationToken.None));
    }

    [Fact]
    public async Task A_drill_of_whatever_release_opens_its_gate_while_it_is_recent()
    {
        Release release = await StartAsync("gates: { drillWithin: 24h }");
        Release other = await Application.ReleaseAsync(2);
        await Application.Ledger("production").RecordEvidenceAsync(Evidence.Drill, other, true, "ok", _time.GetUtcNow(), CancellationToken.None);

        Assert.True((await GateAsync(release, GateKind.Drill)).IsPassed);
        _time.Advance(TimeSpan.FromHours(25));
        Assert.False((await GateAsync(release, GateKind.Drill)).IsPassed);
    }

    [Fact]
    public async Task A_drill_of_an_old_backup_proves_nothing_of_those_that_are_taken()
    {
        Release release = await StartAsync("gates: { drillWithin: 24h }");
        await DrillAsync(TimeSpan.FromDays(90));
        Gate ofOld = await GateAsync(release, GateKind.Drill);
        await DrillAsync(TimeSpan.FromHours(23));
        await DrillAsync(TimeSpan.FromDays(90));

        Assert.False(ofOld.IsPassed);
        Assert.Contains("was of a backup that was 90d old then; at most 1d is asked for", ofOld.Message, StringComparison.Ordinal);
        Assert.True((await GateAsync(release, GateKind.Drill)).IsPassed);

        Task DrillAsync(TimeSpan age) => Application.Ledger("production").RecordEvidenceAsync(
            Evidence.Drill, release, true, EvidenceContent.Of("ok", ("rpoSeconds", age.TotalSeconds)), _time.GetUtcNow(), CancellationToken.None);
    }

    [Fact]
    public async Task An_override_goes_past_the_gates_it_names_and_no_others_and_is_kept_for_ever()
    {
        Release release = await StartAsync("gates: { approvals: 1, evidence: [tests] }");
        var some = new DeploymentOptions { HealthLimit = TimeSpan.Zero, Force = new GateOverride(["approvals"], "the shop is down") };

        await Assert.ThrowsAsync<DeployException>(() => Application.PublishAsync("production", release, some));
        Deployment deployment = await Application.PublishAsync("production", release, some with { Force = new GateOverride([], "the shop is down") });

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Deployment kept = (await Application.Ledger("production").GetDeploymentsAsync(CancellationToken.None)).Single();
        Assert.Equal(
            [GateVerdict.Passed, GateVerdict.Overridden, GateVerdict.Overridden],
            kept.Plan.Gates.Select(gate => gate.Verdict));
        Assert.Equal("ann (test): the shop is down", kept.Plan.Gates[1].Override);
        Evidence evidence = (await Application.Ledger("production").GetEvidenceAsync(CancellationToken.None))[0];
        Assert.Equal("override", evidence.Kind);
        Assert.Equal("Published past tests on production, 1 approval by ann (test): the shop is down", evidence.Summary);
    }

    [Fact]
    public async Task An_override_never_unlocks_an_environment()
    {
        Release release = await StartAsync("gates: { approvals: 1 }");
        var gate = new Gate("not locked", false, "", null);

        Assert.False(new GateOverride([], "r").ApplyTo(gate, Application.Actor).LetsThrough);
        Assert.NotNull(release);
    }

    private async Task RecordAsync(bool isHealthy)
    {
        var target = (FolderTarget)Application.Targets.For(Application.Environment("staging"));
        target.Fault = isHealthy ? null : () => throw new InvalidOperationException("500");
        DeploymentHealth health = await new HealthChecker(Application.Targets).CheckAsync(Application.Environment("staging"), null, CancellationToken.None);
        target.Fault = null;

        Evidence? recorded = await new HealthRecorder(Application.Targets, _time).RecordAsync(health, Application.Sink, CancellationToken.None);

        Assert.Equal(isHealthy, recorded?.IsPassed);
    }

    private async Task<Release> StartAsync(string production)
    {
        _application = await PublishedApplication.CreateAsync(production);
        _application.Time = _time;
        return await _application.ReleaseAsync(1);
    }

    private async Task<DeployException> RefusedAsync(Release release)
    {
        DeploymentPlan plan = await PlanAsync(release);
        return Assert.Throws<DeployException>(plan.EnsureGatesPassed);
    }

    private async Task<Gate> GateAsync(Release release, string kind) => (await PlanAsync(release)).Gates.Single(gate => gate.Kind == kind);

    private Task<DeploymentPlan> PlanAsync(Release release) =>
        Application.Planner.PlanPublishAsync(Application.Environment("production"), release, rollForward: false, CancellationToken.None);
}
