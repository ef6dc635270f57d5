using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// A ledger in a file while an engine replaces its database in its own place. The file goes when the new database has the ledger; where it is
/// still there, the reset was killed, and the next start, reset, publish, restore or approval of the environment brings the ledger back.
/// </summary>
/// <param name="Last">The last deployment in it; null when it holds evidence only.</param>
/// <param name="LastEvidence">The hash of the last evidence in it; null when it holds none.</param>
/// <param name="Image">The ledger.</param>
internal sealed record ResetLedger(Guid? Last, string? LastEvidence, LedgerImage Image)
{
    /// <summary>A ledger and where it ends.</summary>
    public static ResetLedger Of(IReadOnlyList<Deployment> deployments, IReadOnlyList<Evidence> evidence, LedgerImage image) =>
        new(deployments.Count == 0 ? null : deployments[^1].Id, evidence.Count == 0 ? null : evidence[^1].Hash, image);

    public static Task WriteAsync(StackFolder folder, ResetLedger kept, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(
            folder.KeptLedgerFile,
            JsonSerializer.Serialize(kept, ResetLedgerJson.Default.ResetLedger),
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            cancellationToken);

    public static void Delete(StackFolder folder) => File.Delete(folder.KeptLedgerFile);

    /// <summary>Brings back what a killed reset left. Does nothing when there is no file.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="database">Its database.</param>
    /// <param name="time">The clock.</param>
    /// <param name="sink">Is told.</param>
    /// <param name="cancellationToken">Ends it; the file stays.</param>
    public static async Task BringBackAsync(
        DeploymentEnvironment environment, DatabaseAddress database, TimeProvider time, IProgressSink sink, CancellationToken cancellationToken)
    {
        StackFolder folder = StackFolder.Of(environment);
        if (!File.Exists(folder.KeptLedgerFile))
        {
            return;
        }

        string json = await File.ReadAllTextAsync(folder.KeptLedgerFile, cancellationToken).ConfigureAwait(false);
        ResetLedger kept = JsonSerializer.Deserialize(json, ResetLedgerJson.Default.ResetLedger)!;
        var ledger = new Ledger(environment, database);
        IReadOnlyList<Deployment> there = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Evidence> evidence = await ledger.GetEvidenceAsync(cancellationToken).ConfigureAwait(false);
        if (there.Count + evidence.Count == 0)
        {
            await Ledger.BringBackAsync(kept.Image, database, cancellationToken).ConfigureAwait(false);
            sink.Publish(new Caution(
                $"A reset of '{environment.Name}' was killed: its ledger is brought back, and the database is what the reset had made of it. Run 'Reset-LocalStack {environment.Name}'."));
        }
        else if (!kept.IsIn(there, evidence))
        {
            string aside = Path.Combine(folder.Root, $"ledger.kept-{time.GetUtcNow():yyyyMMddHHmmss}.json");
            File.Move(folder.KeptLedgerFile, aside, overwrite: true);
            sink.Publish(new Caution($"A reset of '{environment.Name}' was killed, and its database has another ledger by now: the one before is in '{aside}'."));
        }

        Delete(folder);
    }

    private bool IsIn(IReadOnlyList<Deployment> deployments, IReadOnlyList<Evidence> evidence) =>
        Last is null ? evidence.Any(fact => fact.Hash == LastEvidence) : deployments.Any(deployment => deployment.Id == Last);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ResetLedger))]
internal sealed partial class ResetLedgerJson : JsonSerializerContext;
