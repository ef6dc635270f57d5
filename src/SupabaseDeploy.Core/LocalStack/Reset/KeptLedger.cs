using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// A ledger in a file while an engine replaces its database in its own place. The file goes when the new database has the ledger; where it is
/// still there, the reset was killed, and the next command that finds the database running brings the ledger back.
/// </summary>
/// <param name="Last">The last deployment in it; null when it holds evidence only.</param>
/// <param name="Image">The ledger.</param>
internal sealed record KeptLedger(Guid? Last, LedgerImage Image)
{
    public static Task WriteAsync(StackFolder folder, KeptLedger kept, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(
            folder.KeptLedgerFile,
            JsonSerializer.Serialize(kept, KeptLedgerJson.Default.KeptLedger),
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
        KeptLedger kept = JsonSerializer.Deserialize(json, KeptLedgerJson.Default.KeptLedger)!;
        var ledger = new Ledger(environment, database);
        IReadOnlyList<Deployment> there = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        bool isEmpty = there.Count == 0 && (await ledger.GetEvidenceAsync(cancellationToken).ConfigureAwait(false)).Count == 0;
        if (isEmpty)
        {
            await Ledger.BringBackAsync(kept.Image, database, cancellationToken).ConfigureAwait(false);
            sink.Publish(new Caution(
                $"A reset of '{environment.Name}' was killed: its ledger is brought back, and the database is what the reset had made of it. Run 'Reset-LocalStack {environment.Name}'."));
        }
        else if (!there.Any(deployment => deployment.Id == kept.Last))
        {
            string aside = Path.Combine(folder.Root, $"ledger.kept-{time.GetUtcNow():yyyyMMddHHmmss}.json");
            File.Move(folder.KeptLedgerFile, aside, overwrite: true);
            sink.Publish(new Caution($"A reset of '{environment.Name}' was killed, and its database has another ledger by now: the one before is in '{aside}'."));
        }

        Delete(folder);
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(KeptLedger))]
internal sealed partial class KeptLedgerJson : JsonSerializerContext;
