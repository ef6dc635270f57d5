using System.Security.Cryptography;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>Tries down scripts on shadow databases with rows in them: up, down, up again.</summary>
/// <param name="shadows">Where shadow databases come from; the usual ones when null.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class DownProver(ShadowDatabases? shadows = null, TimeProvider? time = null)
{
    private readonly ShadowDatabases _shadows = shadows ?? new ShadowDatabases();
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Proves the down scripts of some versions. A proof that the project keeps already is taken; a new one is kept.</summary>
    /// <param name="files">The files of the folder, in order.</param>
    /// <param name="versions">Those of them that are asked for.</param>
    /// <param name="project">Where proofs are kept.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Leaves no shadow behind.</param>
    /// <returns>One proof a version, in the order of the files; <see cref="DownOutcome.Missing"/> where there is no down script.</returns>
    /// <exception cref="DeployException"><see cref="ErrorTable.ShadowNotBuilt"/>: a file before does not apply.</exception>
    public async Task<IReadOnlyList<DownProof>> ProveAsync(
        IReadOnlyList<MigrationFile> files, IReadOnlyCollection<string> versions, ProjectFolder project, IProgressSink sink, CancellationToken cancellationToken)
    {
        HashSet<string> asked = [.. versions];
        var proofs = new List<DownProof>();
        using var progress = new FileProgress("Prove down scripts", "Proving", files.Count(file => asked.Contains(file.Version) && file.DownPath is not null), sink, _time);
        using var chain = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var trial = new DownTrial(_shadows, files, _time, sink);
        await using (trial.ConfigureAwait(false))
        {
            for (int i = 0; i < files.Count; i++)
            {
                MigrationFile file = files[i];
                if (asked.Contains(file.Version))
                {
                    string key = await DownProofs.KeyAsync(chain.GetCurrentHash(), file, cancellationToken).ConfigureAwait(false);
                    proofs.Add(await ProveAsync(trial, i, key, project, progress, cancellationToken).ConfigureAwait(false));
                }

                await ChainHash.AppendAsync(chain, file, cancellationToken).ConfigureAwait(false);
            }
        }

        return proofs;
    }

    private async Task<DownProof> ProveAsync(
        DownTrial trial, int index, string key, ProjectFolder project, FileProgress progress, CancellationToken cancellationToken)
    {
        MigrationFile file = trial.Files[index];
        if (file.DownPath is null)
        {
            return Proof(file, key, new TrialResult(DownOutcome.Missing, $"'{file.FileName}' has no down script: only a backup takes it back."));
        }

        progress.Next(file.FileName);
        if (await DownProofs.FindAsync(project, key, cancellationToken).ConfigureAwait(false) is { } kept)
        {
            return kept;
        }

        DownProof proof = Proof(file, key, await trial.RunAsync(index, cancellationToken).ConfigureAwait(false));
        await DownProofs.SaveAsync(project, proof, cancellationToken).ConfigureAwait(false);
        return proof;
    }

    private DownProof Proof(MigrationFile file, string key, TrialResult result) => new()
    {
        Version = file.Version,
        Name = file.Name,
        Outcome = result.Outcome,
        Message = result.Message,
        Differences = result.Differences,
        LostData = result.LostData,
        Drops = result.Drops,
        WithoutRows = result.WithoutRows,
        Key = key,
        ProvenAt = _time.GetUtcNow(),
    };
}
