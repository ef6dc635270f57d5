using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class ApprovalTests : IAsyncLifetime
{
    private static readonly Actor s_ann = new("ann", "test");
    private static readonly Actor s_bob = new("bob", "test");
    private static readonly Actor s_cleo = new("cleo", "test");
    private static readonly DeploymentOptions s_options = new() { HealthLimit = TimeSpan.Zero };

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow.AddSeconds(1));
    private PublishedApplication _application = null!;
    private Release _release = null!;

    public async ValueTask InitializeAsync()
    {
        _application = await PublishedApplication.CreateAsync("gates: { approvals: 1, approvalsWithin: 8h }");
        _application.Time = _time;
        _application.Actor = s_ann;
        _release = await _application.ReleaseAsync(1);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task A_publish_waits_pending_until_somebody_else_approves_and_a_later_one_goes_on()
    {
        AdmittedPlan waiting = await AdmitAsync(s_ann);
        Assert.Equal(DeploymentStatus.Pending, waiting.Pending!.Status);
        Assert.Equal("ann (test)", waiting.Pending.RequestedBy);

        Approval approval = await DecideAsync(s_bob, true, "looked at it");
        Assert.Equal(("bob", "ann", _release.Id), (approval.By, approval.Requester, approval.ReleaseId));
        Assert.Contains("approved by bob", approval.Message, StringComparison.Ordinal);

        // Bob's job goes on with what Ann asked for.
        AdmittedPlan admitted = await AdmitAsync(s_bob);
        Assert.Null(admitted.Pending);
        Deployment deployment = await _application.Publisher().ExecuteAsync(admitted.Plan, s_options, _application.Sink, CancellationToken.None);
        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
    }

    [Fact]
    public async Task A_request_is_answered_by_the_publish_of_a_runner_whose_clock_is_behind()
    {
        await AdmitAsync(s_ann);
        await DecideAsync(s_bob, true);
        AdmittedPlan admitted = await AdmitAsync(s_bob);
        _application.Time = new FakeTimeProvider(_time.GetUtcNow().AddSeconds(-20));

        await _application.Publisher().ExecuteAsync(admitted.Plan, s_options, _application.Sink, CancellationToken.None);

        Ledger ledger = _application.Ledger("production");
        IReadOnlyList<Deployment> deployments = await ledger.GetDeploymentsAsync(default);
        Assert.Equal(DeploymentStatus.Succeeded, Assert.Single(deployments).Status);
        Assert.True(deployments[0].StartedAt < (await ledger.GetEvidenceAsync(default))[0].RecordedAt);
        Assert.Empty(await new PendingDeployments(_time).FindAsync(ledger, deployments, default));
    }

    [Fact]
    public async Task Who_asked_cannot_approve_however_the_name_is_written()
    {
        await AdmitAsync(s_ann);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => DecideAsync(new Actor("ANN", "laptop"), true));

        Assert.Equal(ErrorTable.ApprovalRefused, e.Code);
        Assert.Contains("cannot approve it", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_approval_before_the_request_does_not_count_for_who_then_asks()
    {
        await new Approvals(_application.Targets, _time, s_ann).DecideAsync(_application.Environment("production"), _release.Id, true, null, CancellationToken.None);

        AdmittedPlan waiting = await AdmitAsync(s_ann);

        Assert.Contains("Not counted: ann asked for it.", waiting.Pending!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_approval_is_for_one_release_and_expires()
    {
        await AdmitAsync(s_ann);
        await DecideAsync(s_bob, true);
        Release other = await _application.ReleaseAsync(2);

        Assert.NotNull((await AdmitAsync(s_ann, other)).Pending);
        Assert.Null((await AdmitAsync(s_ann)).Pending);
        _time.Advance(TimeSpan.FromHours(8) + TimeSpan.FromSeconds(1));
        Assert.Contains("that of bob expired", (await AdmitAsync(s_ann)).Pending!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_denial_refuses_until_the_same_person_approves()
    {
        await AdmitAsync(s_ann);
        await DecideAsync(s_bob, true);
        await DecideAsync(s_cleo, false, "not on a Friday");

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => AdmitAsync(s_ann));
        Assert.Contains("[missing] 1 approval: Denied by cleo (test)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("not on a Friday", refused.Message, StringComparison.Ordinal);

        await DecideAsync(s_cleo, true);
        Assert.Null((await AdmitAsync(s_ann)).Pending);
    }

    [Fact]
    public async Task Who_asked_withdraws_the_request_by_a_denial_and_can_ask_again()
    {
        await AdmitAsync(s_ann);

        Approval withdrawn = await DecideAsync(s_ann, false);
        Assert.StartsWith("Withdrawn: ", withdrawn.Message, StringComparison.Ordinal);
        var approvals = new Approvals(_application.Targets, _time, s_bob);
        DeployException none = await Assert.ThrowsAsync<DeployException>(() => approvals.FindAsync(_application.Environment("production"), null, CancellationToken.None));
        Assert.Contains("No release waits", none.Message, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull((await AdmitAsync(s_ann)).Pending);
        await DecideAsync(s_bob, true);
        Assert.Null((await AdmitAsync(s_ann)).Pending);
    }

    [Fact]
    public async Task A_request_is_forgotten_when_no_approval_of_it_would_count_any_more()
    {
        await AdmitAsync(s_ann);
        _time.Advance(TimeSpan.FromHours(8) + TimeSpan.FromSeconds(1));

        await AdmitAsync(s_bob);

        // Now it is Bob who asks, and Ann may approve.
        Assert.Equal("bob", (await DecideAsync(s_ann, true)).Requester);
        Assert.Null((await AdmitAsync(s_bob)).Pending);
    }

    [Fact]
    public async Task An_approval_counts_as_long_as_it_said_when_it_was_given()
    {
        await AdmitAsync(s_ann);
        await DecideAsync(s_bob, true);
        string pipeline = Path.Combine(_application.Project.Root, "env", "pipeline.yml");
        _application.Write("env/pipeline.yml", (await File.ReadAllTextAsync(pipeline)).Replace("approvalsWithin: 8h", "approvalsWithin: 90d", StringComparison.Ordinal));
        _time.Advance(TimeSpan.FromHours(8) + TimeSpan.FromSeconds(1));

        Assert.Contains("that of bob expired", (await AdmitAsync(s_ann)).Pending!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_publish_that_waits_goes_on_when_the_approval_is_there()
    {
        _application.Time = TimeProvider.System;
        DeploymentPlan plan = await PlanAsync(s_ann, _release);
        Task<AdmittedPlan> waiting = new DeploymentAdmission(_application.Targets, null, s_ann).AdmitAsync(plan, s_options, waits: true, _application.Sink, CancellationToken.None);
        await Wait.UntilAsync(async () => (await _application.Ledger("production").GetEvidenceAsync(CancellationToken.None)).Any(fact => fact.Kind == "request"));

        await new Approvals(_application.Targets, null, s_bob).DecideAsync(_application.Environment("production"), _release.Id, true, null, CancellationToken.None);

        Assert.Null((await waiting).Pending);
    }

    [Fact]
    public async Task Waiting_asks_the_ledger_and_does_not_plan_again_and_again()
    {
        DeploymentPlan plan = await PlanAsync(s_ann, _release);
        var targets = new CountingTargets(_application.Targets);
        Task<AdmittedPlan> waiting = new DeploymentAdmission(targets, _time, s_ann).AdmitAsync(plan, s_options, waits: true, _application.Sink, CancellationToken.None);
        await Wait.UntilAsync(() => Task.FromResult(Shown() > 0));
        int before = targets.Asked;

        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return Task.FromResult(Shown() > 3);
        });

        // Once for each look, and the one that may be under way.
        Assert.InRange(targets.Asked - before, 3, Shown());
        await new Approvals(_application.Targets, _time, s_bob).DecideAsync(_application.Environment("production"), _release.Id, true, null, CancellationToken.None);
        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return Task.FromResult(waiting.IsCompleted);
        });
        Assert.Null((await waiting).Pending);

        int Shown() => _application.Sink.Events.OfType<ActivityProgress>().Count(shown => shown.Status.StartsWith("Asked for by ann", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, "ann withdrew the request")]
    [InlineData(false, "the request is older than 8 h, and nobody approved it")]
    public async Task A_publish_that_waits_for_what_nobody_can_approve_any_more_ends_and_says_why(bool isWithdrawn, string why)
    {
        DeploymentPlan plan = await PlanAsync(s_ann, _release);
        Task<AdmittedPlan> waiting = new DeploymentAdmission(_application.Targets, _time, s_ann).AdmitAsync(plan, s_options, waits: true, _application.Sink, CancellationToken.None);
        await Wait.UntilAsync(async () => (await _application.Ledger("production").GetEvidenceAsync(CancellationToken.None)).Any(fact => fact.Kind == "request"));

        _time.Advance(isWithdrawn ? TimeSpan.FromSeconds(1) : TimeSpan.FromHours(9));
        if (isWithdrawn)
        {
            await DecideAsync(s_ann, false);
        }

        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return waiting.IsCompleted;
        });

        DeployException ended = await Assert.ThrowsAsync<DeployException>(() => waiting);
        Assert.Equal(ErrorTable.ApprovalNotGiven, ended.Code);
        Assert.Contains($"any more: {why}. Nothing was changed.", ended.Message, StringComparison.Ordinal);
        Assert.StartsWith("Ask again: Publish-Environment production", ended.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_publish_that_waits_ends_refused_when_somebody_says_no()
    {
        DeploymentPlan plan = await PlanAsync(s_ann, _release);
        Task<AdmittedPlan> waiting = new DeploymentAdmission(_application.Targets, _time, s_ann).AdmitAsync(plan, s_options, waits: true, _application.Sink, CancellationToken.None);
        await Wait.UntilAsync(async () => (await _application.Ledger("production").GetEvidenceAsync(CancellationToken.None)).Any(fact => fact.Kind == "request"));

        await DecideAsync(s_bob, false, "not on a Friday");
        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return waiting.IsCompleted;
        });

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => waiting);
        Assert.Equal(ErrorTable.GateRefused, refused.Code);
        Assert.Contains("Denied by bob", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_waits_is_found_without_naming_it_and_asked_for_once()
    {
        await AdmitAsync(s_ann);
        await AdmitAsync(s_bob);
        var approvals = new Approvals(_application.Targets, _time, s_bob);

        Assert.Equal(_release.Id, await approvals.FindAsync(_application.Environment("production"), null, CancellationToken.None));
        Assert.Single(await _application.Ledger("production").GetEvidenceAsync(CancellationToken.None));
        DeployException none = await Assert.ThrowsAsync<DeployException>(() => approvals.FindAsync(_application.Environment("staging"), null, CancellationToken.None));
        Assert.Contains("asks for no approvals", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ledger_shows_them_as_tables()
    {
        await AdmitAsync(s_ann);
        await DecideAsync(s_bob, true, "fine");

        await using NpgsqlConnection connection = await _application.Database("production").Application.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(
            "select requested_by || ' ' || decided_by || ' ' || a.reason || ' ' || approved || ' ' || (expires_at > decided_at) from supabase_deploy.requests join supabase_deploy.approvals a using (release_id)",
            connection);
        Assert.Equal("ann bob fine true true", await command.ExecuteScalarAsync());
    }

    [Theory]
    [InlineData("GITHUB_ACTIONS=true GITHUB_ACTOR=ann", "ann (GITHUB_ACTOR)")]
    [InlineData("GITHUB_ACTIONS=true GITHUB_ACTOR=ann GITHUB_TRIGGERING_ACTOR=bob", "bob (GITHUB_TRIGGERING_ACTOR)")]
    [InlineData("GITLAB_CI=true GITLAB_USER_LOGIN=cleo", "cleo (GITLAB_USER_LOGIN)")]
    [InlineData("GITHUB_ACTOR=ann", "dave (build-7)")]
    [InlineData("GITHUB_ACTIONS=true", "dave (build-7)")]
    public void The_actor_is_who_the_ci_system_names_else_the_systems_user(string variables, string expected)
    {
        Dictionary<string, string> set = variables.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.Equal(expected, Actor.From(set.GetValueOrDefault, "dave", "build-7").ToString());
        Assert.Equal("eve (build-7)", Actor.From(name => name == "SUDO_USER" ? "eve" : null, "root", "build-7").ToString());
    }

    private sealed class CountingTargets(IDeploymentTargets targets) : IDeploymentTargets
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public IDeploymentTarget For(DeploymentEnvironment environment)
        {
            Interlocked.Increment(ref _asked);
            return targets.For(environment);
        }
    }

    private async Task<AdmittedPlan> AdmitAsync(Actor actor, Release? release = null) => await new DeploymentAdmission(_application.Targets, _time, actor)
        .AdmitAsync(await PlanAsync(actor, release ?? _release), s_options, waits: false, _application.Sink, CancellationToken.None);

    private Task<DeploymentPlan> PlanAsync(Actor actor, Release release) => new DeploymentPlanner(_application.Targets, _application.Time, actor)
        .PlanPublishAsync(_application.Environment("production"), release, rollForward: false, CancellationToken.None);

    private Task<Approval> DecideAsync(Actor actor, bool isApproved, string? reason = null)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return new Approvals(_application.Targets, _time, actor).DecideAsync(_application.Environment("production"), _release.Id, isApproved, reason, CancellationToken.None);
    }
}
