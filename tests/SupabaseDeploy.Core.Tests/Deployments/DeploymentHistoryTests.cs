using System.Text.Json;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class DeploymentHistoryTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;
    private Release _first = null!;

    public async ValueTask InitializeAsync()
    {
        (_application, _first) = await PublishedApplication.CreateWithFirstAsync();
        await _application.PublishAsync("staging", await _application.ReleaseAsync(2, page: "broken"));
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task A_filter_narrows_by_status_time_and_release()
    {
        IReadOnlyList<Deployment> all = await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None);

        int[] Numbers(DeploymentFilter filter) => [.. all.Where(filter.Matches).Select(deployment => deployment.Number!.Value)];

        Assert.Equal([1, 2], Numbers(new DeploymentFilter()));
        Assert.Equal([2], Numbers(new DeploymentFilter { Statuses = [DeploymentStatus.RolledBack, DeploymentStatus.Failed] }));
        Assert.Empty(Numbers(new DeploymentFilter { ArePaused = true }));
        Deployment paused = all[1] with { Status = DeploymentStatus.Running, Events = [new LedgerEvent(1, LedgerEvent.Paused, "no answer", "ann", all[1].StartedAt)] };
        Assert.True(new DeploymentFilter { ArePaused = true }.Matches(paused));
        Assert.True(new DeploymentFilter { Statuses = [DeploymentStatus.Failed], ArePaused = true }.Matches(paused));
        Assert.False(new DeploymentFilter { Statuses = [DeploymentStatus.Failed] }.Matches(paused));
        Assert.Equal([2], Numbers(new DeploymentFilter { Since = all[1].StartedAt }));
        Assert.Equal([1], Numbers(new DeploymentFilter { Until = all[1].StartedAt }));
        Assert.Equal([1], Numbers(new DeploymentFilter { ReleaseId = _first.Id }));
    }

    [Fact]
    public async Task What_a_deployment_warned_of_and_lost_is_kept_with_it()
    {
        Deployment rolledBack = (await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None))[^1];

        Assert.Equal([LedgerEvent.Caution, LedgerEvent.Loss], rolledBack.Events.Select(one => one.Kind));
        Assert.Contains("going back to release", rolledBack.Events[0].Message, StringComparison.Ordinal);
        Assert.Contains("table public.t2 (2 rows)", rolledBack.Events[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_is_exported_row_by_row()
    {
        string file = Path.Combine(_application.Project.Root, "ledger.jsonl");

        int rows = await LedgerExport.WriteAsync([_application.Ledger("staging"), _application.Ledger("production")], file, CancellationToken.None);

        JsonElement[] lines = [.. (await File.ReadAllLinesAsync(file)).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(rows, lines.Length);
        Assert.All(lines, line => Assert.Equal("staging", line.GetProperty("environment").GetString()));
        Assert.Equal(["releases", "deployments", "steps", "evidence", "events"], lines.Select(line => line.GetProperty("table").GetString()).Distinct());
        Assert.Equal([1, 2], lines.Where(line => line.GetProperty("table").GetString() == "deployments").Select(line => line.GetProperty("row").GetProperty("number").GetInt32()));
    }

    [Fact]
    public async Task A_running_deployment_is_followed_from_elsewhere_until_it_ends()
    {
        using var entered = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        Release third = await _application.ReleaseAsync(3);
        Task<Deployment> publishing = Task.Run(() => _application.PublishAsync("staging", third, sink: new HoldingSink(StepName.Web, entered, goOn)));
        entered.Wait(TestContext.Current.CancellationToken);
        var seen = new CollectingSink();
        Task<Deployment?> following = new DeploymentWatch(_application.Ledger("staging")).FollowAsync(seen, CancellationToken.None);
        await Wait.UntilAsync(() => seen.Events.OfType<DeploymentStepEnded>().Any());
        goOn.Set();

        Deployment followed = (await following)!;

        Assert.Equal((await publishing).Id, followed.Id);
        Assert.Equal(DeploymentStatus.Succeeded, followed.Status);
        Assert.Equal(followed.Steps.Select(step => step.Name), seen.Events.OfType<DeploymentStepEnded>().Select(ended => ended.Step.Name));
    }

    [Fact]
    public async Task Where_none_runs_the_last_one_is_given_at_once()
    {
        Deployment? last = await new DeploymentWatch(_application.Ledger("staging")).FollowAsync(_application.Sink, CancellationToken.None);

        Assert.Equal(2, last!.Number);
        Assert.Null(await new DeploymentWatch(_application.Ledger("production")).FollowAsync(_application.Sink, CancellationToken.None));
    }

    /// <summary>Holds a deployment up at the end of a step, which is then in the ledger.</summary>
    private sealed class HoldingSink(string step, ManualResetEventSlim entered, ManualResetEventSlim goOn) : IProgressSink
    {
        public void Publish(DeployEvent deployEvent)
        {
            if (deployEvent is DeploymentStepEnded ended && ended.Step.Name == step)
            {
                entered.Set();
                goOn.Wait();
            }
        }
    }
}
