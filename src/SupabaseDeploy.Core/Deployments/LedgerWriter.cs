using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres.Catalog;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>The statements that write to a ledger.</summary>
internal sealed class LedgerWriter(LedgerSession session, DeploymentEnvironment environment)
{
    public async Task<Deployment> InsertAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        await InsertReleaseAsync(deployment.Release, cancellationToken).ConfigureAwait(false);
        await InsertReleaseAsync(deployment.PreviousRelease, cancellationToken).ConfigureAwait(false);
        using NpgsqlCommand insert = session.Command(
            """
            insert into supabase_deploy.deployments
                (id, number, kind, status, release_id, previous_release_id, requested_by, started_at, plan)
            values ($1, (select coalesce(max(number), 0) + 1 from supabase_deploy.deployments), $2, 'Running', $3, $4, $5, $6, $7)
            returning number
            """,
            deployment.Id, deployment.Kind.ToString(), Text(deployment.Release?.Id), Text(deployment.PreviousRelease?.Id),
            deployment.RequestedBy, deployment.StartedAt, PlanDocument.Write(deployment.Plan));
        int number = (int)(await insert.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        for (int position = 0; position < deployment.Steps.Count; position++)
        {
            await UpsertStepAsync(deployment.Id, position, deployment.Steps[position], cancellationToken).ConfigureAwait(false);
        }

        await AppendOverrideAsync(deployment, cancellationToken).ConfigureAwait(false);
        return deployment with { Number = number };
    }

    // In the chain and not only in the plan: that somebody went past a gate is shown for ever.
    private async Task AppendOverrideAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        Gate[] gates = [.. deployment.Plan.Gates.Where(gate => gate.Verdict == GateVerdict.Overridden)];
        if (gates.Length > 0)
        {
            string content = EvidenceContent.Of(
                $"Published past {string.Join(", ", gates.Select(gate => gate.Name))} by {gates[0].Override}",
                ("gates", new JsonArray([.. gates.Select(gate => JsonValue.Create(gate.Name))])),
                ("by", gates[0].Override));
            await AppendEvidenceAsync(new NewEvidence(Evidence.Override, deployment.Release!, false, content), deployment.Id, deployment.StartedAt, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task UpsertStepAsync(Guid deployment, int position, DeploymentStep step, CancellationToken cancellationToken) => session.ExecuteAsync(
        """
        insert into supabase_deploy.steps (deployment_id, position, name, status, started_at, finished_at, message)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (deployment_id, position) do update
            set status = excluded.status, finished_at = excluded.finished_at, message = excluded.message
            where steps.status = 'Running'
        """,
        cancellationToken,
        deployment, position, step.Name, step.Status.ToString(), step.StartedAt, Moment(step.StartedAt + step.Duration), Text(step.Message));

    /// <summary>Writes the end of the last step with the end of the deployment: a finished deployment has no running step.</summary>
    public async Task FinishAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        if (deployment.Steps is [.., { } last])
        {
            await UpsertStepAsync(deployment.Id, deployment.Steps.Count - 1, last, cancellationToken).ConfigureAwait(false);
        }

        await session.ExecuteAsync(
            """
            update supabase_deploy.deployments
            set status = $2, changed = $3, reason = $4, lockout = $5, finished_at = $6
            where id = $1
            """,
            cancellationToken,
            deployment.Id, deployment.Status.ToString(), deployment.Changed, Text(deployment.Reason), Text(deployment.Lockout), Moment(deployment.FinishedAt)).ConfigureAwait(false);
    }

    public async Task<LedgerEvent> AppendEventAsync(Guid deployment, LedgerEvent facts, CancellationToken cancellationToken)
    {
        // A decision is written by somebody else than the deployment it is about.
        await session.ExecuteAsync("lock table supabase_deploy.events in share row exclusive mode", cancellationToken).ConfigureAwait(false);
        using NpgsqlCommand insert = session.Command(
            """
            insert into supabase_deploy.events (sequence, deployment_id, kind, message, recorded_by, recorded_at)
            values ((select coalesce(max(sequence), 0) + 1 from supabase_deploy.events), $1, $2, $3, $4, $5)
            returning sequence
            """,
            deployment, facts.Kind, facts.Message, facts.RecordedBy, facts.RecordedAt);
        return facts with { Sequence = (long)(await insert.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))! };
    }

    public async Task<Evidence> AppendEvidenceAsync(
        NewEvidence facts, Guid? deployment, DateTimeOffset recordedAt, CancellationToken cancellationToken)
    {
        // Commands other than a publish record evidence too: the chain grows by one at a time.
        await session.ExecuteAsync("lock table supabase_deploy.evidence in share row exclusive mode", cancellationToken).ConfigureAwait(false);
        (long sequence, string hash) = await LastEvidenceAsync(cancellationToken).ConfigureAwait(false);
        var evidence = new Evidence
        {
            Sequence = sequence + 1,
            Kind = facts.Kind,
            ReleaseId = facts.ReleaseId,
            EnvironmentName = environment.Name,
            IsPassed = facts.IsPassed,
            DeploymentId = deployment,
            Content = facts.Content,
            RecordedAt = Ledger.ToMicrosecond(recordedAt),
            PreviousHash = hash,
        };
        evidence = evidence with { Hash = evidence.ComputeHash() };
        using NpgsqlCommand insert = session.Command(
            """
            insert into supabase_deploy.evidence
                (sequence, kind, release_id, environment, passed, deployment_id, content, recorded_at, previous_hash, hash)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            evidence.Sequence, evidence.Kind, evidence.ReleaseId, evidence.EnvironmentName, evidence.IsPassed,
            LedgerSession.Parameter(deployment, NpgsqlDbType.Uuid), evidence.Content, evidence.RecordedAt, evidence.PreviousHash, evidence.Hash);
        await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return evidence;
    }

    /// <summary>
    /// Replaces the recorded schema. With the same migrations the older record stays: what changed beside them is drift,
    /// and a publish that changed nothing in the database must not make it disappear. A reset makes another database, maybe of edited files.
    /// </summary>
    public Task RecordSchemaAsync(NewRecordedSchema schema, Deployment deployment, CancellationToken cancellationToken) => session.ExecuteAsync(
        """
        insert into supabase_deploy.recorded_schema as recorded (deployment_id, recorded_at, reader, server_version, history, fingerprint, objects)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (id) do update
            set deployment_id = excluded.deployment_id, recorded_at = excluded.recorded_at, reader = excluded.reader, server_version = excluded.server_version,
                history = excluded.history, fingerprint = excluded.fingerprint, objects = excluded.objects
            where $8 or (recorded.reader, recorded.server_version, recorded.history) is distinct from (excluded.reader, excluded.server_version, excluded.history)
        """,
        cancellationToken,
        deployment.Id, deployment.FinishedAt!.Value, schema.Reader, schema.ServerVersion, schema.History, schema.Fingerprint, schema.Objects,
        deployment.Kind == DeploymentKind.Reset);

    private async Task<(long Sequence, string Hash)> LastEvidenceAsync(CancellationToken cancellationToken)
    {
        using NpgsqlCommand last = session.Command("select sequence, hash from supabase_deploy.evidence order by sequence desc limit 1");
        NpgsqlDataReader row = await last.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return await row.ReadAsync(cancellationToken).ConfigureAwait(false) ? (row.GetInt64(0), row.GetString(1)) : (0, Evidence.FirstPreviousHash);
        }
    }

    // The manifest goes with the ledger, so that a release can be told from the ledger alone, on any machine.
    private async Task InsertReleaseAsync(Release? release, CancellationToken cancellationToken)
    {
        if (release is not null)
        {
            await session.ExecuteAsync(
                "insert into supabase_deploy.releases (id, application, manifest, created_at) values ($1, $2, $3, $4) on conflict (id) do nothing",
                cancellationToken,
                release.Id, release.Application, Encoding.UTF8.GetString(ReleaseManifest.Write(release)), release.CreatedAt).ConfigureAwait(false);
        }
    }

    private static NpgsqlParameter Text(string? value) => LedgerSession.Parameter(value, NpgsqlDbType.Text);

    private static NpgsqlParameter Moment(DateTimeOffset? value) => LedgerSession.Parameter(value?.UtcDateTime, NpgsqlDbType.TimestampTz);
}
