using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>Which ledger goes on after a platform's restore, and that nobody's row is lost by it.</summary>
public sealed class RestorePointLedgerTests : IAsyncLifetime
{
    private const string ChangedEvidence =
        "alter table supabase_deploy.evidence disable trigger user; update supabase_deploy.evidence set passed = not passed where sequence = 1; alter table supabase_deploy.evidence enable trigger user";

    private const string ChangedRelease =
        "alter table supabase_deploy.releases disable trigger user; update supabase_deploy.releases set manifest = manifest || ' '; alter table supabase_deploy.releases enable trigger user";

    private CloudApplication _application = null!;
    private Release _first = null!;
    private RestorePoint _point = null!;
    private LedgerImage _ofThen = null!;

    private Ledger Ledger => new(_application.Environment, _application.Database.Application);

    private RestorePointRestorer Restorer => new(_application.Targets);

    public async ValueTask InitializeAsync()
    {
        _application = await CloudApplication.CreateAsync("backup: { before: true }");
        _application.WriteMigration(1);
        _first = await _application.ReleaseAsync();
        await _application.PublishAsync(_first);
        await RecordAsync("of then");
        _ofThen = await Ledger.KeepAsync(_application.Database.Application, default);
        _application.WriteMigration(2, hasDownScript: false);
        Deployment second = await _application.PublishAsync(await _application.ReleaseAsync());
        _point = await Restorer.FindAsync(_application.Environment, RestorePointStep.Of(second)!, default);
        _application.Staging.OnRestore = async _ =>
        {
            await _application.GoBackAsync();
            await Ledger.BringBackAsync(_ofThen, _application.Database.Application, default);
        };
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Theory]
    [InlineData(ChangedEvidence, "row 1 does not follow")]
    [InlineData(ChangedRelease, "the manifest of release")]
    public async Task Of_a_ledger_that_cannot_be_believed_the_point_s_own_goes_on_and_the_changed_one_is_in_a_file(string change, string why)
    {
        await _application.Database.ExecuteAsync(change);
        Assert.Contains("-RestorePoint", (await Ledger.FindBreakAsync(default))!.Remedy, StringComparison.Ordinal);

        Deployment restored = await RestoreAsync();

        Assert.Equal(DeploymentStatus.Succeeded, restored.Status);
        IReadOnlyList<Deployment> ledger = await Ledger.GetDeploymentsAsync(default);
        Assert.Equal(["1 Publish Succeeded", "2 Restore Succeeded"], ledger.Select(each => $"{each.Number} {each.Kind} {each.Status}"));
        Assert.Contains("of then", (await Ledger.GetEvidenceAsync(default)).Select(fact => fact.Content));
        string file = Assert.Single(Files());
        string[] told = [.. ledger[^1].Events.Where(each => each.Kind == LedgerEvent.Caution).Select(each => each.Message)];
        Assert.StartsWith("The ledger of the replaced database does not go on.", told[0], StringComparison.Ordinal);
        Assert.Contains(why, told[0], StringComparison.Ordinal);
        Assert.Contains(file, told[0], StringComparison.Ordinal);
        Assert.Equal($"The ledger of restore point {_point} goes on.", told[1]);
        Assert.Equal(DeploymentStatus.Succeeded, (await _application.PublishAsync(_first)).Status);
    }

    [Fact]
    public async Task Where_the_point_s_own_has_the_change_too_a_new_ledger_begins_that_says_so()
    {
        await _application.Database.ExecuteAsync(ChangedEvidence);
        _ofThen = await Ledger.KeepAsync(_application.Database.Application, default);

        Deployment restored = await RestoreAsync();

        Assert.Equal((DeploymentStatus.Succeeded, _first.Id), (restored.Status, restored.Release?.Id));
        Assert.Empty(await Ledger.GetEvidenceAsync(default));
        Deployment recorded = Assert.Single(await Ledger.GetDeploymentsAsync(default));
        Assert.Equal((1, DeploymentKind.Restore), (recorded.Number, recorded.Kind));
        Assert.Equal(2, Files().Length);
        Assert.Contains(recorded.Events, each => each.Message.StartsWith("A new ledger begins, because the one in the restore point does not go on either.", StringComparison.Ordinal));
        Assert.All(Files(), file => Assert.Contains(recorded.Events, each => each.Message.Contains(file, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(ChangedEvidence)]
    [InlineData(ChangedRelease)]
    public async Task A_restore_that_never_began_leaves_the_changed_ledger_as_it_is(string change)
    {
        await _application.Database.ExecuteAsync(change);
        _application.Staging.OnRestore = null;

        DeployException failure = await Assert.ThrowsAsync<DeployException>(RestoreAsync);

        Assert.Equal(ErrorTable.CloudRestoreFailed, failure.Code);
        Assert.NotNull(await Ledger.FindBreakAsync(default));
        Assert.Equal("Failed", await _application.Database.ScalarAsync<string>("select status from supabase_deploy.deployments order by number desc limit 1"));
    }

    [Fact]
    public async Task What_others_write_until_the_platform_begins_is_kept_or_refused()
    {
        int acknowledged = 0;
        using var begun = new SemaphoreSlim(0);
        Task<DeployException> writing = Assert.ThrowsAsync<DeployException>(async () =>
        {
            while (true)
            {
                await RecordAsync($"beside {acknowledged}");
                acknowledged++;
                begun.Release();
            }
        });
        await begun.WaitAsync();

        var sink = new ActingSink(each =>
        {
            if (each is Notice { Message: var told } && told.StartsWith("The platform brings the database", StringComparison.Ordinal))
            {
                writing.Wait(TimeSpan.FromMinutes(1), CancellationToken.None);
            }
        });

        Deployment restored = await Restorer.RestoreAsync(_application.Environment, _point, new DeploymentOptions(), sink, default);

        Assert.Equal(DeploymentStatus.Succeeded, restored.Status);
        DeployException refusal = await writing;
        Assert.Equal(ErrorTable.RestoreUnderWay, refusal.Code);
        Assert.Equal(
            Enumerable.Range(0, acknowledged).Select(each => $"beside {each}"),
            (await Ledger.GetEvidenceAsync(default)).Select(fact => fact.Content).Where(content => content.StartsWith("beside", StringComparison.Ordinal)));
        await RecordAsync("afterwards");
    }

    [Theory]
    [InlineData(404)]
    [InlineData(403)]
    public async Task What_is_refused_after_the_platform_was_asked_is_not_taken_for_a_restore_that_did_not_happen(int status)
    {
        Func<string, Task> restore = _application.Staging.OnRestore!;
        _application.Staging.OnRestore = async what =>
        {
            await restore(what);
            _application.Api.Trouble("v1-get-project", new ManagementApiTrouble { Status = status });
        };

        DeployException failure = await Assert.ThrowsAsync<DeployException>(RestoreAsync);

        Assert.Equal(ErrorTable.CloudRestoreFailed, failure.Code);
        string file = Path.Combine(_application.Project.StateFolder, "restores", "staging.json");
        Assert.True(File.Exists(file));
        Assert.Contains(file, failure.Remedy, StringComparison.Ordinal);
        await Wait.UntilAsync(async () => (await new UnfinishedRestores(_application.Targets).SettleAsync(_application.Environment, TimeSpan.Zero, _application.Sink, default))?.Status == DeploymentStatus.Succeeded);
        Assert.Equal(3, (await Ledger.GetDeploymentsAsync(default)).Count);
    }

    [Fact]
    public async Task A_platform_that_fails_for_a_while_in_the_middle_does_not_end_the_wait()
    {
        Func<string, Task> restore = _application.Staging.OnRestore!;
        _application.Staging.OnRestore = async what =>
        {
            await restore(what);
            _application.Api.Trouble("v1-get-project", [.. Enumerable.Repeat(new ManagementApiTrouble { Status = 503 }, 6)]);
        };

        Assert.Equal(DeploymentStatus.Succeeded, (await RestoreAsync()).Status);
    }

    private string[] Files() => Directory.GetFiles(Path.Combine(_application.Project.StateFolder, "restores"), "*-ledger.jsonl");

    private Task RecordAsync(string content) =>
        Ledger.RecordEvidenceAsync(new NewEvidence(Evidence.Tests, _first, false, content), _application.Time.GetUtcNow(), default);

    private Task<Deployment> RestoreAsync() => Restorer.RestoreAsync(_application.Environment, _point, new DeploymentOptions(), _application.Sink, default);
}
