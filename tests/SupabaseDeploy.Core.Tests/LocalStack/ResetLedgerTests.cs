using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>A ledger of evidence only, in the file that a killed reset left.</summary>
public sealed class ResetLedgerTests
{
    [Fact]
    public async Task A_ledger_of_evidence_only_is_known_again_by_its_last_fact()
    {
        await using PublishedApplication application = await PublishedApplication.CreateAsync();
        DeploymentEnvironment environment = application.Environment("staging");
        Ledger ledger = application.Ledger("staging");
        await ledger.RecordEvidenceAsync("tests", await application.ReleaseAsync(1), true, "12 passed", DateTimeOffset.UnixEpoch, CancellationToken.None);
        ResetLedger kept = ResetLedger.Of([], await ledger.GetEvidenceAsync(CancellationToken.None), await Ledger.KeepAsync(ledger.Database, CancellationToken.None));

        IReadOnlyList<string> same = await BringBackAsync(environment, ledger.Database, kept);
        IReadOnlyList<string> other = await BringBackAsync(environment, ledger.Database, kept with { LastEvidence = Evidence.FirstPreviousHash });

        Assert.Empty(same);
        Assert.Contains("has another ledger by now", Assert.Single(other), StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(StackFolder.Of(environment).Root, "ledger.kept*.json"));
    }

    [Fact]
    public async Task One_that_waits_is_named_to_whoever_only_looks_and_stays()
    {
        await using PublishedApplication application = await PublishedApplication.CreateAsync();
        DeploymentEnvironment environment = application.Environment("staging");
        string file = StackFolder.Of(environment).KeptLedgerFile;
        Assert.Null(UnfinishedRestores.Describe(environment));
        await ResetLedger.WriteAsync(
            StackFolder.Of(environment), ResetLedger.Of([], [], await Ledger.KeepAsync(application.Ledger("staging").Database, CancellationToken.None)), CancellationToken.None);

        string? said = UnfinishedRestores.Describe(environment);

        Assert.StartsWith($"A reset of 'staging' was killed. The ledger from before it is in '{file}'", said, StringComparison.Ordinal);
        Assert.True(File.Exists(file));
    }

    private static async Task<IReadOnlyList<string>> BringBackAsync(DeploymentEnvironment environment, DatabaseAddress database, ResetLedger kept)
    {
        var sink = new CollectingSink();
        await ResetLedger.WriteAsync(StackFolder.Of(environment), kept, CancellationToken.None);
        await ResetLedger.BringBackAsync(environment, database, TimeProvider.System, sink, CancellationToken.None);
        Assert.False(File.Exists(StackFolder.Of(environment).KeptLedgerFile));
        return [.. sink.Events.OfType<Caution>().Select(caution => caution.Message)];
    }
}
