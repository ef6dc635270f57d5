using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>Evidence before it has its place in the chain.</summary>
internal sealed record NewEvidence(string Kind, string ReleaseId, bool IsPassed, string Content)
{
    public NewEvidence(string kind, Release release, bool isPassed, string content)
        : this(kind, release.Id, isPassed, content)
    {
    }
}

/// <summary>The evidence of a ledger: each row holds the hash of the row before it, and the last one is remembered, so that none can be changed, removed or put in.</summary>
internal static class EvidenceChain
{
    /// <summary>Adds a row within the transaction at work; the very same fact of the same moment is there once.</summary>
    public static async Task<Evidence> AppendAsync(
        LedgerSession session, DeploymentEnvironment environment, NewEvidence facts, Guid? deployment, DateTimeOffset recordedAt, CancellationToken cancellationToken)
    {
        var evidence = new Evidence
        {
            Sequence = 0,
            Kind = facts.Kind,
            ReleaseId = facts.ReleaseId,
            EnvironmentName = environment.Name,
            IsPassed = facts.IsPassed,
            DeploymentId = deployment,
            Content = facts.Content,
            RecordedAt = Ledger.ToMicrosecond(recordedAt),
            PreviousHash = Evidence.FirstPreviousHash,
        };
        (long sequence, string hash) = await LockAsync(session, environment, cancellationToken).ConfigureAwait(false);
        if (await FindAsync(session, evidence, cancellationToken).ConfigureAwait(false) is { } known)
        {
            return known;
        }

        evidence = evidence with { Sequence = sequence + 1, PreviousHash = hash };
        evidence = evidence with { Hash = evidence.ComputeHash() };
        await session.ExecuteAsync(
            """
            insert into supabase_deploy.evidence
                (sequence, kind, release_id, environment, passed, deployment_id, content, recorded_at, previous_hash, hash)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            cancellationToken,
            [evidence.Sequence, .. Facts(evidence), evidence.PreviousHash, evidence.Hash]).ConfigureAwait(false);
        return evidence;
    }

    /// <summary>Throws unless each row follows from the row before it, and the last one that was written is among them.</summary>
    /// <param name="environment">Whose ledger it is.</param>
    /// <param name="isHeadKept">True when the ledger keeps the last row's place and hash.</param>
    /// <param name="head">That place and hash; null where there is none.</param>
    /// <param name="chain">The rows.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.LedgerBroken"/>.</exception>
    public static void EnsureUnbroken(DeploymentEnvironment environment, bool isHeadKept, (long Sequence, string Hash)? head, IReadOnlyList<Evidence> chain)
    {
        string previous = Evidence.FirstPreviousHash;
        long sequence = 1;
        foreach (Evidence evidence in chain)
        {
            if (evidence.Sequence != sequence++ || evidence.PreviousHash != previous || evidence.ComputeHash() != evidence.Hash)
            {
                throw Broken(environment, $"row {evidence.Sequence} does not follow from the row before it");
            }

            previous = evidence.Hash;
        }

        if (isHeadKept && head is null && chain.Count > 0)
        {
            throw Broken(environment, "which row is the last one is not known any more");
        }

        if (head is { } last && !chain.Any(evidence => (evidence.Sequence, evidence.Hash) == last))
        {
            throw Broken(environment, $"row {last.Sequence}, which was the last one, is not there any more");
        }
    }

    private static DeployException Broken(DeploymentEnvironment environment, string why) => new(
        ErrorTable.LedgerBroken, $"The evidence in the ledger of '{environment}' cannot be believed: {why}.", WayOut(environment), environment);

    /// <summary>What leads out of a ledger that cannot be believed: without losing data where the database can be replaced by its own backup.</summary>
    public static string WayOut(DeploymentEnvironment environment) => environment.Target == TargetKind.SupabaseCloud
        ? $"Find out who changed schema 'supabase_deploy'. Then 'Restore-Deployment {environment} -RestorePoint <name>' brings the database back to a time before the change, with the data and the ledger of then; "
        + "what cannot be believed is put into a file. Where the ledger of then has the change too, a new one begins that says so."
        : $"Find out who changed schema 'supabase_deploy'. Then 'Backup-Deployment {environment}' and 'Restore-Deployment {environment} -Backup latest' lose no data: what cannot be believed is put into a file, "
        + "and a new ledger begins that says so. A backup from before the change brings its own ledger back, and the data of then.";

    /// <summary>Commands other than a publish record evidence too: the chain grows by one at a time.</summary>
    private static async Task<(long Sequence, string Hash)> LockAsync(LedgerSession session, DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        await LedgerClosing.LockOpenAsync(session, "evidence", environment, cancellationToken).ConfigureAwait(false);
        using NpgsqlCommand last = session.Command("select sequence, hash from supabase_deploy.evidence order by sequence desc limit 1");
        NpgsqlDataReader row = await last.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return await row.ReadAsync(cancellationToken).ConfigureAwait(false) ? (row.GetInt64(0), row.GetString(1)) : (0, Evidence.FirstPreviousHash);
        }
    }

    /// <summary>The row that says exactly this: its writer lost the answer, and writes it again.</summary>
    private static async Task<Evidence?> FindAsync(LedgerSession session, Evidence evidence, CancellationToken cancellationToken)
    {
        using NpgsqlCommand find = session.Command(
            """
            select sequence, previous_hash, hash from supabase_deploy.evidence
            where (kind, release_id, environment, passed, content, recorded_at) = ($1, $2, $3, $4, $6, $7) and deployment_id is not distinct from $5
            """,
            Facts(evidence));
        NpgsqlDataReader row = await find.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return await row.ReadAsync(cancellationToken).ConfigureAwait(false)
                ? evidence with { Sequence = row.GetInt64(0), PreviousHash = row.GetString(1), Hash = row.GetString(2) }
                : null;
        }
    }

    private static object?[] Facts(Evidence evidence) =>
    [
        evidence.Kind, evidence.ReleaseId, evidence.EnvironmentName, evidence.IsPassed,
        LedgerSession.Parameter(evidence.DeploymentId, NpgsqlDbType.Uuid), evidence.Content, evidence.RecordedAt,
    ];
}
