using System.Data;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>What is written to a ledger, each call as one transaction that may be repeated when its answer was lost: what is written already is recognised.</summary>
/// <param name="session">The connection.</param>
/// <param name="environment">Whose ledger it is.</param>
internal sealed class LedgerWriter(LedgerSession session, DeploymentEnvironment environment)
{
    /// <summary>Writes a deployment that has begun, with the steps done so far, and gives it its number.</summary>
    /// <exception cref="Errors.DeployException">
    /// <see cref="Errors.ErrorTable.ClocksDiffer"/>: it is a publish, and nothing is written. No clock stands in the way of going back.
    /// </exception>
    public Task<Deployment> BeginAsync(Deployment deployment, CancellationToken cancellationToken) => InTransactionAsync(
        async () =>
        {
            if (deployment.Kind == DeploymentKind.Publish)
            {
                session.Clock.EnsureAgree(environment);
            }

            Release[] releases = [.. new[] { deployment.Release, deployment.PreviousRelease }.OfType<Release>()];
            using var batch = new NpgsqlBatch(session.Connection);
            foreach (Release release in releases)
            {
                batch.BatchCommands.Add(Insert(release));
            }

            batch.BatchCommands.Add(Insert(deployment));
            AddSteps(batch, deployment, from: 0);
            batch.BatchCommands.Add(LedgerSession.BatchCommand("select number from supabase_deploy.deployments where id = $1", deployment.Id));
            int number = (int)(await batch.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            await AppendOverrideAsync(deployment, cancellationToken).ConfigureAwait(false);
            return deployment with { Number = number };
        },
        cancellationToken);

    /// <summary>Writes the steps from a position on, as they stand. A step that has ended is not changed any more.</summary>
    public async Task WriteStepsAsync(Deployment deployment, int from, CancellationToken cancellationToken)
    {
        using var batch = new NpgsqlBatch(session.Connection);
        AddSteps(batch, deployment, from);
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Writes how a deployment ended, with the steps from a position on, the evidence it brought and the schema it left: a finished deployment has no
    /// running step.
    /// </summary>
    public Task FinishAsync(Deployment deployment, int from, NewEvidence? evidence, NewRecordedSchema? schema, CancellationToken cancellationToken) => InTransactionAsync(
        async () =>
        {
            using var batch = new NpgsqlBatch(session.Connection);
            AddSteps(batch, deployment, from);
            batch.BatchCommands.Add(LedgerSession.BatchCommand(
                """
                update supabase_deploy.deployments
                set status = $2, changed = $3, reason = $4, lockout = $5, finished_at = $6
                where id = $1 and (status, finished_at) is distinct from ($2, $6)
                """,
                deployment.Id, deployment.Status.ToString(), deployment.Changed, Text(deployment.Reason), Text(deployment.Lockout), Moment(deployment.FinishedAt)));
            if (schema is not null)
            {
                batch.BatchCommands.Add(Replace(schema, deployment));
            }

            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            if (evidence is not null)
            {
                await EvidenceChain.AppendAsync(session, environment, evidence, deployment.Id, deployment.FinishedAt!.Value, cancellationToken).ConfigureAwait(false);
            }

            return deployment;
        },
        cancellationToken);

    /// <summary>Writes what happened in a deployment besides its steps, in order.</summary>
    public Task<IReadOnlyList<LedgerEvent>> AppendEventsAsync(Guid deployment, IReadOnlyList<LedgerEvent> events, CancellationToken cancellationToken) => InTransactionAsync<IReadOnlyList<LedgerEvent>>(
        async () =>
        {
            // A decision is written by somebody else than the deployment it is about.
            await LedgerClosing.LockOpenAsync(session, "events", environment, cancellationToken).ConfigureAwait(false);
            var recorded = new List<LedgerEvent>();
            foreach (LedgerEvent facts in events)
            {
                recorded.Add(await InsertAsync(deployment, facts, cancellationToken).ConfigureAwait(false));
            }

            return recorded;
        },
        cancellationToken);

    /// <summary>Reads the whole ledger and writes the event that closes it, with nobody's row between the two.</summary>
    public Task<LedgerImage> CloseAsync(Guid deployment, LedgerEvent asked, CancellationToken cancellationToken) => InTransactionAsync(
        async () =>
        {
            await LedgerClosing.LockAllAsync(session.Connection, cancellationToken).ConfigureAwait(false);
            LedgerImage image = await LedgerCopy.ReadTablesAsync(session.Connection, cancellationToken).ConfigureAwait(false);
            await InsertAsync(deployment, asked, cancellationToken).ConfigureAwait(false);
            return image;
        },
        cancellationToken,
        IsolationLevel.RepeatableRead);

    /// <summary>Adds a fact to the chain.</summary>
    /// <exception cref="Errors.DeployException"><see cref="Errors.ErrorTable.ClocksDiffer"/>.</exception>
    public async Task<Evidence> AppendEvidenceAsync(NewEvidence facts, DateTimeOffset recordedAt, CancellationToken cancellationToken, Guid? deployment = null)
    {
        session.Clock.EnsureAgree(environment);
        return await InTransactionAsync(
            () => EvidenceChain.AppendAsync(session, environment, facts, deployment, recordedAt, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Records the schema as it is now, if this role may read it: see <see cref="Replace"/>.</summary>
    public async Task RecordSchemaAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        if (await RecordedSchema.MeasureAsync(session.Connection, cancellationToken).ConfigureAwait(false) is { } schema)
        {
            using var batch = new NpgsqlBatch(session.Connection) { BatchCommands = { Replace(schema, deployment) } };
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<LedgerEvent> InsertAsync(Guid deployment, LedgerEvent facts, CancellationToken cancellationToken)
    {
        using NpgsqlCommand insert = session.Command(
            """
            with known as (
                select sequence from supabase_deploy.events
                where (deployment_id, kind, message, recorded_by, recorded_at) = ($1, $2, $3, $4, $5)
            ), written as (
                insert into supabase_deploy.events (sequence, deployment_id, kind, message, recorded_by, recorded_at)
                select (select coalesce(max(sequence), 0) + 1 from supabase_deploy.events), $1, $2, $3, $4, $5 where not exists (select from known)
                returning sequence
            )
            select sequence from known union all select sequence from written
            """,
            deployment, facts.Kind, facts.Message, facts.RecordedBy, facts.RecordedAt);
        return facts with { Sequence = (long)(await insert.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))! };
    }

    private async Task<T> InTransactionAsync<T>(Func<Task<T>> write, CancellationToken cancellationToken, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        NpgsqlTransaction transaction = await session.Connection.BeginTransactionAsync(isolation, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            T written = await write().ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return written;
        }
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
            var facts = new NewEvidence(Evidence.Override, deployment.Release!, false, content);
            await EvidenceChain.AppendAsync(session, environment, facts, deployment.Id, deployment.StartedAt, cancellationToken).ConfigureAwait(false);
        }
    }

    private static void AddSteps(NpgsqlBatch batch, Deployment deployment, int from)
    {
        for (int position = from; position < deployment.Steps.Count; position++)
        {
            DeploymentStep step = deployment.Steps[position];
            batch.BatchCommands.Add(LedgerSession.BatchCommand(
                """
                insert into supabase_deploy.steps (deployment_id, position, name, status, started_at, finished_at, message)
                values ($1, $2, $3, $4, $5, $6, $7)
                on conflict (deployment_id, position) do update
                    set status = excluded.status, finished_at = excluded.finished_at, message = excluded.message
                    where steps.status = 'Running'
                """,
                deployment.Id, position, step.Name, step.Status.ToString(), step.StartedAt, Moment(step.StartedAt + step.Duration), Text(step.Message)));
        }
    }

    private static NpgsqlBatchCommand Insert(Deployment deployment) => LedgerSession.BatchCommand(
        """
        insert into supabase_deploy.deployments
            (id, number, kind, status, release_id, previous_release_id, requested_by, started_at, plan)
        values ($1, (select coalesce(max(number), 0) + 1 from supabase_deploy.deployments), $2, 'Running', $3, $4, $5, $6, $7)
        on conflict (id) do nothing
        """,
        deployment.Id, deployment.Kind.ToString(), Text(deployment.Release?.Id), Text(deployment.PreviousRelease?.Id),
        deployment.RequestedBy, deployment.StartedAt, PlanDocument.Write(deployment.Plan));

    // The manifest goes with the ledger, so that a release can be told from the ledger alone, on any machine.
    private static NpgsqlBatchCommand Insert(Release release) => LedgerSession.BatchCommand(
        "insert into supabase_deploy.releases (id, application, manifest, created_at) values ($1, $2, $3, $4) on conflict (id) do nothing",
        release.Id, release.Application, Encoding.UTF8.GetString(ReleaseManifest.Write(release)), release.CreatedAt);

    /// <summary>
    /// Replaces the recorded schema. With the same migrations the older record stays: what changed beside them is drift,
    /// and a publish that changed nothing in the database must not make it disappear. A reset makes another database, maybe of edited files.
    /// </summary>
    private static NpgsqlBatchCommand Replace(NewRecordedSchema schema, Deployment deployment) => LedgerSession.BatchCommand(
        """
        insert into supabase_deploy.recorded_schema as recorded (deployment_id, recorded_at, reader, server_version, history, fingerprint, objects, stamp)
        values ($1, $2, $3, $4, $5, $6, $7, $9)
        on conflict (id) do update
            set deployment_id = excluded.deployment_id, recorded_at = excluded.recorded_at, reader = excluded.reader, server_version = excluded.server_version,
                history = excluded.history, fingerprint = excluded.fingerprint, objects = excluded.objects, stamp = excluded.stamp
            where $8 or (recorded.reader, recorded.server_version, recorded.history) is distinct from (excluded.reader, excluded.server_version, excluded.history)
        """,
        deployment.Id, deployment.FinishedAt!.Value, schema.Reader, schema.ServerVersion, schema.History, schema.Fingerprint, schema.Objects,
        deployment.Kind == DeploymentKind.Reset, Text(schema.Stamp));

    private static NpgsqlParameter Text(string? value) => LedgerSession.Parameter(value, NpgsqlDbType.Text);

    private static NpgsqlParameter Moment(DateTimeOffset? value) => LedgerSession.Parameter(value?.UtcDateTime, NpgsqlDbType.TimestampTz);
}
