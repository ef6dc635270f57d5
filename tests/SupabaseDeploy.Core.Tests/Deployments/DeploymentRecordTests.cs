using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Core.Tests.Migrations;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>What a deployment costs in connections, and that one connection for all of it is enough also when it is cut.</summary>
public sealed class DeploymentRecordTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task The_ledger_is_written_on_one_connection()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        Release release = await _application.ReleaseAsync(2);
        DeploymentPlan plan = await _application.Planner.PlanPublishAsync(_application.Environment("staging"), release, false, CancellationToken.None);
        string database = _application.Database("staging").Application.Database;
        var opened = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.OperationName.StartsWith("CONNECT", StringComparison.Ordinal) && activity.OperationName.EndsWith(database, StringComparison.Ordinal))
                {
                    opened.Enqueue(activity.OperationName);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        Deployment deployment = await _application.Publisher().ExecuteAsync(plan, new DeploymentOptions(), _application.Sink, CancellationToken.None);

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        // The record; planned again; preflight: files, place; migrate, and read again; health, schema. One for every write would be twice as many.
        Assert.InRange(opened.Count, 5, 10);
    }

    [Fact]
    public async Task A_connection_to_the_ledger_that_is_cut_between_two_steps_is_opened_anew()
    {
        Release release = await _application.ReleaseAsync(1);
        var sink = new StepSink(StepName.Web, Cut);

        Deployment deployment = await _application.PublishAsync("staging", release, sink: sink);

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Deployment recorded = Assert.Single(await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None));
        Assert.Equal(deployment.Steps, recorded.Steps);
        Assert.All(recorded.Steps, step => Assert.Equal(StepStatus.Succeeded, step.Status));
    }

    [Fact]
    public async Task A_connection_to_the_ledger_that_is_cut_before_the_end_is_opened_anew()
    {
        Release release = await _application.ReleaseAsync(1);
        var sink = new StepSink(StepName.Record, Cut);

        Deployment deployment = await _application.PublishAsync("staging", release, sink: sink);

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Assert.Equal(release.Id, (await _application.Ledger("staging").GetCurrentReleaseAsync(CancellationToken.None))?.Id);
    }

    [Fact]
    public async Task Connections_that_are_cut_while_the_lock_is_waited_for_are_opened_anew()
    {
        Release release = await _application.ReleaseAsync(1);
        DeploymentPlan plan = await _application.Planner.PlanPublishAsync(_application.Environment("staging"), release, false, CancellationToken.None);
        DeploymentLock holder = await DeploymentLock.AcquireAsync(
            _application.Database("staging").Application, "restore", TimeSpan.Zero, NullProgressSink.Instance, CancellationToken.None);
        var sink = new ActingSink(each =>
        {
            // As a restore does before it renames the database.
            if (each is Notice { Message: var said } && said.StartsWith("Waiting for the lock", StringComparison.Ordinal))
            {
                Wait.UntilAsync(async () => await _application.Database("staging").ScalarAsync<bool>(
                    "select count(*) = 2 from pg_stat_activity where datname = current_database() and application_name in ('supabase-deploy ledger', 'supabase-deploy preflight')")).GetAwaiter().GetResult();
                Cut();
                holder.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        });

        Deployment deployment = await _application.Publisher().ExecuteAsync(
            plan, new DeploymentOptions { LockWait = TimeSpan.FromMinutes(1) }, sink, CancellationToken.None);

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Assert.Equal(release.Id, (await _application.Ledger("staging").GetCurrentReleaseAsync(CancellationToken.None))?.Id);
    }

    [Fact]
    public async Task What_was_written_when_its_answer_was_lost_is_written_once()
    {
        Deployment first = await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        Deployment next = first with { Id = Guid.NewGuid(), StartedAt = first.StartedAt.AddMinutes(1), FinishedAt = first.StartedAt.AddMinutes(2) };
        var paused = new LedgerEvent(0, LedgerEvent.Paused, "Health is not known.", "ann", next.StartedAt);
        var sick = new NewEvidence(Evidence.Healthy, next.Release!, false, EvidenceContent.Of("Sick."));
        var healthy = new NewEvidence(Evidence.Healthy, next.Release!, true, EvidenceContent.Of("Healthy."));

        await LoseAnswerAsync(async record => next = await record.BeginAsync(next, CancellationToken.None));
        await LoseAnswerAsync(async record => paused = Assert.Single(await record.AppendEventsAsync(next.Id, [paused], CancellationToken.None)));
        await LoseAnswerAsync(record => record.AppendEvidenceAsync(sick, next.Id, next.StartedAt, CancellationToken.None));
        await LoseAnswerAsync(record => record.FinishAsync(next, 0, healthy, null, CancellationToken.None));

        Deployment recorded = (await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None))[^1];
        Assert.Equal((2, DeploymentStatus.Succeeded), (recorded.Number, recorded.Status));
        Assert.Equal(next.Number, recorded.Number);
        Assert.Equal(paused, Assert.Single(recorded.Events));
        IReadOnlyList<Evidence> evidence = await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None);
        Assert.Equal(["Sick.", "Healthy."], evidence.Where(each => each.DeploymentId == next.Id).Select(each => each.Summary));
    }

    [Fact]
    public async Task An_end_that_another_wrote_is_not_taken_for_ones_own()
    {
        Deployment ended = await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        await using var record = new DeploymentRecord(_application.Ledger("staging"));

        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(
            () => record.FinishAsync(ended with { Status = DeploymentStatus.Failed }, 0, null, null, CancellationToken.None));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task The_ledger_names_the_step_at_work()
    {
        Release release = await _application.ReleaseAsync(1);
        string seen = "";
        var sink = new StepSink(StepName.Web, () => { }, ended: StepName.Migrate, () =>
            seen = string.Join(" ", _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None).GetAwaiter().GetResult()[0].Steps.Select(step => $"{step.Name} {step.Status}")));

        await _application.PublishAsync("staging", release, sink: sink);

        Assert.Equal("lock Succeeded preflight Succeeded migrate Running", seen);
    }

    [Fact]
    public async Task A_step_that_was_stopped_before_it_began_does_not_run_for_ever()
    {
        DeploymentPlan plan = await _application.Planner.PlanPublishAsync(_application.Environment("staging"), await _application.ReleaseAsync(1), false, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var sink = new StepSink(StepName.Web, stop.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _application.Publisher().ExecuteAsync(plan, new DeploymentOptions(), sink, stop.Token));

        Deployment recorded = Assert.Single(await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None));
        Assert.Equal(DeploymentStatus.Interrupted, recorded.Status);
        DeploymentStep step = recorded.Steps.Single(each => each.Name == StepName.Web);
        Assert.Equal((StepStatus.Failed, "It did not begin."), (step.Status, step.Message));
        Assert.DoesNotContain(recorded.Steps, each => each.Status == StepStatus.Running);
    }

    [Fact]
    public async Task A_publish_from_a_machine_whose_clock_is_wrong_writes_nothing_also_not_about_those_before_it()
    {
        Deployment killed = await _application.PublishAsync("staging", await _application.ReleaseAsync(1)) with { Id = Guid.NewGuid(), Steps = [] };
        await _application.Ledger("staging").BeginAsync(killed, CancellationToken.None);
        DeploymentPlan plan = await _application.Planner.PlanPublishAsync(_application.Environment("staging"), await _application.ReleaseAsync(2), false, CancellationToken.None);
        DeploymentPublisher early = _application.Publisher(new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(-2)));

        DeployException refused = await Assert.ThrowsAsync<DeployException>(
            () => early.ExecuteAsync(plan, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(ErrorTable.ClocksDiffer, refused.Code);
        IReadOnlyList<Deployment> recorded = await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None);
        Assert.Equal([DeploymentStatus.Succeeded, DeploymentStatus.Running], recorded.Select(deployment => deployment.Status));
    }

    /// <summary>Writes over a network that is cut after the server has committed what is written.</summary>
    private async Task LoseAnswerAsync(Func<DeploymentRecord, Task> write)
    {
        await using var network = new CuttingProxy(_application.Database("staging").Application, "COMMIT", reachesServer: true);
        await using var record = new DeploymentRecord(new Ledger(_application.Environment("staging"), network.Address));

        await write(record);

        Assert.Equal(1, network.Cuts);
    }

    private void Cut()
    {
        using NpgsqlConnection administration = _application.Database("staging").Administration.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
        using var cut = new NpgsqlCommand(
            "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where datname = $1 and application_name in ('supabase-deploy ledger', 'supabase-deploy preflight')", administration);
        cut.Parameters.Add(new NpgsqlParameter { Value = _application.Database("staging").Application.Database });
        Assert.NotEqual(0L, cut.ExecuteScalar());
    }

    private sealed class StepSink(string begun, Action begins, string? ended = null, Action? ends = null) : IProgressSink
    {
        public void Publish(DeployEvent deployEvent)
        {
            if (deployEvent is DeploymentStepStarted started && started.Step == begun)
            {
                begins();
            }
            else if (deployEvent is DeploymentStepEnded done && done.Step.Name == ended)
            {
                ends!();
            }
        }
    }
}
