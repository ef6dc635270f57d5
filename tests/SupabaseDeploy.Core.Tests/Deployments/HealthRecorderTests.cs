using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class HealthRecorderTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    private HealthRecorder Recorder => new(_application.Targets);

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task A_stage_that_runs_no_release_has_nothing_to_record()
    {
        DeployException refused = await Assert.ThrowsAsync<DeployException>(async () => await RecordAsync());

        Assert.Equal(ErrorTable.InvalidValue, refused.Code);
    }

    [Fact]
    public async Task What_is_measured_is_recorded_with_its_figures_for_the_release_that_runs()
    {
        Release release = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", release);

        Evidence recorded = (await RecordAsync())!;

        Assert.Equal(("healthy", release.Id, true), (recorded.Kind, recorded.ReleaseId, recorded.IsPassed));
        Assert.Contains("\"check\":\"home\"", recorded.Content, StringComparison.Ordinal);
        Assert.Equal(recorded, (await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None))[^1]);
    }

    [Fact]
    public async Task Nothing_is_recorded_where_nothing_is_known()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        _application.Change = environment => environment with
        {
            Health = environment.Health with { Endpoints = [new HttpProbeSettings { Name = "silent", Url = "http://127.0.0.1:9/" }] },
        };

        Assert.Null(await RecordAsync());

        Assert.Single(await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None));
        Assert.Contains(_application.Sink.Events, each => each is Caution { Message: var said } && said.Contains("so nothing is recorded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_is_recorded_while_a_deployment_is_under_way()
    {
        Deployment published = await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        await _application.Ledger("staging").BeginAsync(published with { Id = Guid.NewGuid(), Steps = [], Status = DeploymentStatus.Running }, CancellationToken.None);

        Assert.Null(await RecordAsync());

        Assert.Single(await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_release_that_was_found_bad_is_measured_and_recorded_by_publishing_it_again()
    {
        Release release = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", release);
        var target = (FolderTarget)_application.Targets.For(_application.Environment("staging"));
        target.Fault = () => throw new InvalidOperationException("500");
        Assert.False((await RecordAsync())!.IsPassed);
        target.Fault = null;

        Deployment again = await _application.PublishAsync("staging", release);

        Assert.Equal((DeploymentStatus.Succeeded, 2), (again.Status, again.Number));
        Assert.True((await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None))[^1].IsPassed);
    }

    private async Task<Evidence?> RecordAsync()
    {
        DeploymentHealth health = await new HealthChecker(_application.Targets).CheckAsync(_application.Environment("staging"), null, CancellationToken.None);
        return await Recorder.RecordAsync(health, _application.Sink, CancellationToken.None);
    }
}
