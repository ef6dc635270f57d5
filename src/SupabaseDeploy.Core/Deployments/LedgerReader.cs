using System.Text;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>The queries that read a ledger, as of one moment and in one round trip: the servers of hosted projects are far away.</summary>
/// <param name="session">The connection, outside of a transaction.</param>
/// <param name="version">The ledger's version, which is not 0.</param>
/// <param name="environment">Whose ledger it is.</param>
internal sealed class LedgerReader(LedgerSession session, int version, DeploymentEnvironment environment)
{
    // The version of the ledger from which on there are events: one that was only read since the module was updated has no such table yet.
    private const int HasEvents = 5;

    private const string Releases = "select id, manifest, created_at from supabase_deploy.releases";

    private const string Steps =
        "select deployment_id, name, status, started_at, finished_at - started_at, message from supabase_deploy.steps order by deployment_id, position";

    private const string Events = "select deployment_id, sequence, kind, message, recorded_by, recorded_at from supabase_deploy.events order by sequence";

    // The same of the chain's head.
    private const int HasHead = 6;

    private const string Head = "select sequence, hash from supabase_deploy.evidence_head";

    private const string Nothing = "select where false";

    // One moment for all of it: a deployment that begins in between names a release that was not there when the releases were read.
    private const string Begin = "begin transaction isolation level repeatable read read only";

    private const string End = "commit";

    private const string Deployments =
        """
        select id, number, kind, status, release_id, previous_release_id, changed, reason, lockout, requested_by, started_at, finished_at, plan
        from supabase_deploy.deployments
        order by number
        """;

    private const string Facts =
        """
        select sequence, kind, release_id, environment, passed, deployment_id, content, recorded_at, previous_hash, hash
        from supabase_deploy.evidence
        order by sequence
        """;

    public async Task<IReadOnlyList<Deployment>> ReadDeploymentsAsync(CancellationToken cancellationToken)
    {
        using NpgsqlBatch batch = Batch(OfDeployments);
        NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            return await ReadDeploymentsAsync(reader, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="DeployException"><see cref="ErrorTable.LedgerBroken"/>: a row was changed, removed or put in.</exception>
    public async Task<IReadOnlyList<Evidence>> ReadEvidenceAsync(CancellationToken cancellationToken)
    {
        using NpgsqlBatch batch = Batch(OfEvidence);
        NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            return await ReadEvidenceAsync(reader, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="DeployException"><see cref="ErrorTable.LedgerBroken"/>: a row was changed, removed or put in.</exception>
    public async Task<(IReadOnlyList<Deployment> Deployments, IReadOnlyList<Evidence> Evidence)> ReadAsync(CancellationToken cancellationToken)
    {
        using NpgsqlBatch batch = Batch([.. OfDeployments, .. OfEvidence]);
        NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            IReadOnlyList<Deployment> deployments = await ReadDeploymentsAsync(reader, cancellationToken).ConfigureAwait(false);
            return (deployments, await ReadEvidenceAsync(reader, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>How a restore stands whose event <see cref="LedgerEvent.RestoreAsked"/> is in this ledger; null where it is not.</summary>
    public async Task<DeploymentStatus?> ReadClosingAsync(Guid restore, CancellationToken cancellationToken)
    {
        if (version < HasEvents)
        {
            return null;
        }

        using NpgsqlCommand command = session.Command(
            "select d.status from supabase_deploy.deployments d join supabase_deploy.events e on e.deployment_id = d.id where d.id = $1 and e.kind = $2", restore, LedgerEvent.RestoreAsked);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string status ? Enum.Parse<DeploymentStatus>(status) : null;
    }

    /// <summary>The restore for which this ledger is closed; null when it is open.</summary>
    public async Task<Guid?> ReadClosedByAsync(CancellationToken cancellationToken)
    {
        if (version < HasEvents)
        {
            return null;
        }

        using NpgsqlCommand command = session.Command(LedgerClosing.Read("id"));
        return (Guid?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }

    private string[] OfDeployments => [Releases, Steps, version >= HasEvents ? Events : Nothing, Deployments];

    private string[] OfEvidence => [version >= HasHead ? Head : Nothing, Facts];

    private NpgsqlBatch Batch(IReadOnlyList<string> questions)
    {
        var batch = new NpgsqlBatch(session.Connection);
        foreach (string question in (string[])[Begin, .. questions, End])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(question));
        }

        return batch;
    }

    /// <summary>The results of <see cref="OfDeployments"/>.</summary>
    private async Task<IReadOnlyList<Deployment>> ReadDeploymentsAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        Dictionary<string, Release> releases =
            (await reader.RowsAsync(ReadRelease, cancellationToken).ConfigureAwait(false)).ToDictionary(release => release.Id);
        ILookup<Guid, DeploymentStep> steps =
            (await reader.RowsAsync(ReadStep, cancellationToken).ConfigureAwait(false)).ToLookup(step => step.Deployment, step => step.Step);
        ILookup<Guid, LedgerEvent> events =
            (await reader.RowsAsync(ReadEvent, cancellationToken).ConfigureAwait(false)).ToLookup(row => row.Deployment, row => row.Event);
        return await reader.RowsAsync(row => ReadDeployment(row, releases, steps, events), cancellationToken).ConfigureAwait(false);
    }

    private Deployment ReadDeployment(
        NpgsqlDataReader row, Dictionary<string, Release> releases, ILookup<Guid, DeploymentStep> steps, ILookup<Guid, LedgerEvent> events)
    {
        Guid id = row.GetGuid(0);
        DeploymentKind kind = Enum.Parse<DeploymentKind>(row.GetString(2));
        Release? release = Nullable(row, 4) is { } releaseId ? releases[releaseId] : null;
        Release? previous = Nullable(row, 5) is { } previousId ? releases[previousId] : null;
        return new Deployment
        {
            Id = id,
            Number = row.GetInt32(1),
            Environment = environment,
            Release = release,
            PreviousRelease = previous,
            Kind = kind,
            Status = Enum.Parse<DeploymentStatus>(row.GetString(3)),
            Changed = row.GetBoolean(6),
            Reason = Nullable(row, 7),
            Lockout = Nullable(row, 8),
            RequestedBy = row.GetString(9),
            StartedAt = row.GetFieldValue<DateTimeOffset>(10),
            FinishedAt = row.IsDBNull(11) ? null : row.GetFieldValue<DateTimeOffset>(11),
            Plan = PlanDocument.Read(row.GetString(12), environment, kind, release, previous),
            Steps = [.. steps[id]],
            Events = [.. events[id]],
        };
    }

    private static (Guid Deployment, DeploymentStep Step) ReadStep(NpgsqlDataReader row) => (row.GetGuid(0), new DeploymentStep(
        row.GetString(1),
        Enum.Parse<StepStatus>(row.GetString(2)),
        row.GetFieldValue<DateTimeOffset>(3),
        row.IsDBNull(4) ? null : row.GetTimeSpan(4),
        Nullable(row, 5)));

    private static (Guid Deployment, LedgerEvent Event) ReadEvent(NpgsqlDataReader row) => (row.GetGuid(0), new LedgerEvent(
        row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5)));

    private static Evidence ReadFact(NpgsqlDataReader row) => new()
    {
        Sequence = row.GetInt64(0),
        Kind = row.GetString(1),
        ReleaseId = row.GetString(2),
        EnvironmentName = row.GetString(3),
        IsPassed = row.GetBoolean(4),
        DeploymentId = row.IsDBNull(5) ? null : row.GetGuid(5),
        Content = row.GetString(6),
        RecordedAt = row.GetFieldValue<DateTimeOffset>(7),
        PreviousHash = row.GetString(8),
        Hash = row.GetString(9),
    };

    /// <summary>The results of <see cref="OfEvidence"/>.</summary>
    private async Task<IReadOnlyList<Evidence>> ReadEvidenceAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        IReadOnlyList<(long, string)> heads = await reader.RowsAsync(row => (row.GetInt64(0), row.GetString(1)), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Evidence> evidence = await reader.RowsAsync(ReadFact, cancellationToken).ConfigureAwait(false);
        EvidenceChain.EnsureUnbroken(environment, version >= HasHead, heads is [var head] ? head : null, evidence);
        return evidence;
    }

    private Release ReadRelease(NpgsqlDataReader row)
    {
        string id = row.GetString(0);
        byte[] manifest = Encoding.UTF8.GetBytes(row.GetString(1));
        if (ReleaseManifest.IdOf(manifest) != id)
        {
            throw new DeployException(
                ErrorTable.LedgerBroken,
                $"The ledger of '{environment}' cannot be believed: the manifest of release '{id}' is not the one that its id stands for.",
                EvidenceChain.WayOut(environment),
                environment);
        }

        Release release = ReleaseManifest.Read(manifest, Path.Combine(environment.Project.ReleasesFolder, id), row.GetFieldValue<DateTimeOffset>(2));
        // A ledger that came with another environment's data names releases that were never for this one.
        return release.IsFor(environment.Name) ? release.For(environment.Name) : release;
    }

    private static string? Nullable(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
