using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>The environment has an endpoint that nobody listens at, so that what it measures is not known.</summary>
public sealed class InconclusiveHealthTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;
    private Release _release = null!;

    public async ValueTask InitializeAsync()
    {
        _application = await PublishedApplication.CreateAsync();
        _release = await _application.ReleaseAsync(1);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task It_rolls_back_where_that_is_configured()
    {
        Configure(InconclusiveHealth.RollBack);

        Deployment deployment = await _application.PublishAsync("staging", _release);

        Assert.Equal(DeploymentStatus.RolledBack, deployment.Status);
        Assert.Equal(ErrorTable.HealthInconclusive, Assert.IsType<DeployException>(deployment.Failure).Code);
    }

    [Fact]
    public async Task It_keeps_the_release_without_evidence_where_that_is_configured()
    {
        Configure(InconclusiveHealth.Keep);

        Deployment deployment = await _application.PublishAsync("staging", _release);

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Assert.Empty(await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_pause_that_nobody_ends_rolls_back()
    {
        Configure(InconclusiveHealth.Pause, TimeSpan.FromMilliseconds(1));

        Deployment deployment = await _application.PublishAsync("staging", _release);

        Assert.Equal(DeploymentStatus.RolledBack, deployment.Status);
        Assert.Contains("Nobody decided", deployment.Reason, StringComparison.Ordinal);
        Assert.Contains(deployment.Events, each => each.Kind == LedgerEvent.Paused);
    }

    [Theory]
    [InlineData(true, DeploymentStatus.Succeeded)]
    [InlineData(false, DeploymentStatus.RolledBack)]
    public async Task A_person_decides_from_another_terminal(bool keep, DeploymentStatus expected)
    {
        Configure(InconclusiveHealth.Pause, TimeSpan.FromMinutes(5));
        Ledger ledger = _application.Ledger("staging");
        Assert.Null(await ledger.DecideAsync(keep, "ann", "nothing waits", DateTimeOffset.UnixEpoch, CancellationToken.None));
        Task<Deployment> publishing = _application.PublishAsync("staging", _release);
        await Wait.UntilAsync(() => _application.Sink.Events.OfType<Caution>().Any(caution => caution.Message.Contains("'Approve-Deployment staging' keeps", StringComparison.Ordinal)));

        Deployment? decided = null; // What waits is told before it is written.
        await Wait.UntilAsync(async () => (decided = await ledger.DecideAsync(keep, "ann", "I looked at it", DateTimeOffset.UnixEpoch, CancellationToken.None)) is not null);

        Deployment deployment = await publishing;
        Assert.Equal(deployment.Id, decided!.Id);
        Assert.Equal(expected, deployment.Status);
        LedgerEvent decision = Assert.Single(deployment.Events, each => each.Kind is LedgerEvent.Kept or LedgerEvent.RolledBack);
        Assert.Equal(("ann", "I looked at it"), (decision.RecordedBy, decision.Message));
    }

    [Fact]
    public async Task A_pause_because_the_database_cannot_be_reached_outlasts_that_and_is_told_late()
    {
        Configure(InconclusiveHealth.Pause, TimeSpan.FromMinutes(5), isSilent: false);
        await using var network = new BrokenNetwork(_application.Database("staging"));
        DeploymentEnvironment staging = _application.Environment("staging");
        var place = new FolderTarget(staging, network.Address);
        using var targets = new FolderTargets([place]);
        int looks = 0;
        var sink = new ActingSink(each =>
        {
            switch (each)
            {
                case DeploymentStepStarted { Step: "health" }:
                    place.Fault = network.Break;
                    break;
                case ActivityProgress { Activity: "Waiting for a decision on staging" } when ++looks == 3:
                    place.Fault = null;
                    network.Mend();
                    break;
            }

            _application.Sink.Publish(each);
        });
        var publisher = new DeploymentPublisher(targets, (_, _, _) => Task.FromResult("none"), actor: _application.Actor);
        DeploymentPlan plan = await new DeploymentPlanner(targets, actor: _application.Actor).PlanPublishAsync(staging, _release, rollForward: false, CancellationToken.None);

        Deployment deployment = await publisher.ExecuteAsync(plan, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, sink, CancellationToken.None);

        Assert.True(deployment.Status == DeploymentStatus.Succeeded, deployment.Reason);
        Assert.Single(deployment.Events, each => each.Kind == LedgerEvent.Paused);
        Assert.Contains(_application.Sink.Events, each => each is ActivityCompleted { Activity: "Waiting for a decision on staging" });
    }

    [Fact]
    public async Task Where_it_shall_go_back_and_the_database_cannot_be_reached_nothing_is_locked_and_the_next_takes_over()
    {
        Configure(InconclusiveHealth.RollBack);
        await using var network = new BrokenNetwork(_application.Database("staging"));
        DeploymentEnvironment staging = _application.Environment("staging");
        var place = new FolderTarget(staging, network.Address);
        using var targets = new FolderTargets([place]);
        var sink = new ActingSink(each =>
        {
            if (each is Caution { Message: var told } && told.StartsWith("Step 'health' of ", StringComparison.Ordinal))
            {
                network.Break();
            }

            _application.Sink.Publish(each);
        });
        var publisher = new DeploymentPublisher(targets, (_, _, _) => Task.FromResult("none"), actor: _application.Actor);
        DeploymentPlan plan = await new DeploymentPlanner(targets, actor: _application.Actor).PlanPublishAsync(staging, _release, rollForward: false, CancellationToken.None);

        Deployment deployment = await publisher.ExecuteAsync(plan, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, sink, CancellationToken.None);

        Assert.Equal((DeploymentStatus.Interrupted, null), (deployment.Status, deployment.Lockout));
        Assert.Equal(ErrorTable.HealthInconclusive, Assert.IsType<DeployException>(deployment.Failure).Code);
        network.Mend();
        Configure(InconclusiveHealth.Keep);
        staging = _application.Environment("staging");
        plan = await new DeploymentPlanner(targets, actor: _application.Actor).PlanPublishAsync(staging, _release, rollForward: false, CancellationToken.None);
        Deployment next = await publisher.ExecuteAsync(plan, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, _application.Sink, CancellationToken.None);
        Assert.True(next.Status == DeploymentStatus.Succeeded, next.Reason);
        Assert.Equal(DeploymentStatus.Interrupted, (await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None))[^2].Status);
    }

    [Fact]
    public async Task Nobody_decides_for_a_deployment_whose_process_has_ended()
    {
        Deployment published = await _application.PublishAsync("staging", _release);
        Ledger ledger = _application.Ledger("staging");
        Deployment dead = await ledger.BeginAsync(published with { Id = Guid.NewGuid(), Steps = [], Status = DeploymentStatus.Running }, CancellationToken.None);
        await ledger.NoteAsync(dead, LedgerEvent.Paused, "no answer", "ann", DateTimeOffset.UnixEpoch, CancellationToken.None);

        DeployException refused = await Assert.ThrowsAsync<DeployException>(
            () => ledger.DecideAsync(keep: true, "bob", "fine", DateTimeOffset.UnixEpoch, CancellationToken.None));

        Assert.Equal(ErrorTable.ApprovalRefused, refused.Code);
        Assert.Equal($"Run it again; it takes over from this one: Publish-Environment staging -Release {_release}", refused.Remedy);
        Assert.True((await ledger.GetDeploymentsAsync(CancellationToken.None))[^1].IsPaused);
    }

    private void Configure(InconclusiveHealth health, TimeSpan? pause = null, bool isSilent = true) => _application.Change = environment => environment with
    {
        Health = environment.Health with
        {
            OnInconclusive = health,
            Pause = pause ?? TimeSpan.FromMinutes(5),
            Endpoints = isSilent ? [new HttpProbeSettings { Name = "silent", Url = "http://127.0.0.1:9/" }] : [],
        },
    };
}
