using System.Text;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>The queries that read a ledger.</summary>
internal sealed class LedgerReader(LedgerSession session, DeploymentEnvironment environment)
{
    public async Task<IReadOnlyList<Deployment>> ReadDeploymentsAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, Release> releases = await ReadReleasesAsync(cancellationToken).ConfigureAwait(false);
        ILookup<Guid, DeploymentStep> steps = await ReadStepsAsync(cancellationToken).ConfigureAwait(false);
        ILookup<Guid, LedgerEvent> events = await ReadEventsAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAsync(
            """
            select id, number, kind, status, release_id, previous_release_id, changed, reason, lockout, requested_by, started_at, finished_at, plan
            from supabase_deploy.deployments
            order by number
            """,
            row =>
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
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="DeployException"><see cref="ErrorTable.LedgerBroken"/>: a row was changed, removed or put in.</exception>
    public async Task<IReadOnlyList<Evidence>> ReadEvidenceAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Evidence> evidence = await ReadRowsOfEvidenceAsync(cancellationToken).ConfigureAwait(false);
        EvidenceChain.EnsureUnbroken(environment, evidence);
        return evidence;
    }

    private Task<IReadOnlyList<Evidence>> ReadRowsOfEvidenceAsync(CancellationToken cancellationToken) => ReadAsync(
        """
        select sequence, kind, release_id, environment, passed, deployment_id, content, recorded_at, previous_hash, hash
        from supabase_deploy.evidence
        order by sequence
        """,
        row => new Evidence
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
        },
        cancellationToken);

    private async Task<Dictionary<string, Release>> ReadReleasesAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Release> releases = await ReadAsync(
            "select id, manifest, created_at from supabase_deploy.releases", ReadRelease, cancellationToken).ConfigureAwait(false);
        return releases.ToDictionary(release => release.Id);
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
                "Find out who changed schema 'supabase_deploy', and restore the database from a backup that was taken before.",
                environment);
        }

        Release release = ReleaseManifest.Read(manifest, Path.Combine(environment.Project.ReleasesFolder, id), row.GetFieldValue<DateTimeOffset>(2));
        // A ledger that came with another environment's data names releases that were never for this one.
        return release.IsFor(environment.Name) ? release.For(environment.Name) : release;
    }

    private async Task<ILookup<Guid, DeploymentStep>> ReadStepsAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(Guid Deployment, DeploymentStep Step)> steps = await ReadAsync(
            "select deployment_id, name, status, started_at, finished_at - started_at, message from supabase_deploy.steps order by deployment_id, position",
            row => (row.GetGuid(0), new DeploymentStep(
                row.GetString(1),
                Enum.Parse<StepStatus>(row.GetString(2)),
                row.GetFieldValue<DateTimeOffset>(3),
                row.IsDBNull(4) ? null : row.GetTimeSpan(4),
                Nullable(row, 5))),
            cancellationToken).ConfigureAwait(false);
        return steps.ToLookup(step => step.Deployment, step => step.Step);
    }

    private async Task<ILookup<Guid, LedgerEvent>> ReadEventsAsync(CancellationToken cancellationToken)
    {
        // A ledger that was only read since the module was updated has no such table yet.
        bool exists = await session.Connection.HasTableAsync("supabase_deploy", "events", cancellationToken).ConfigureAwait(false);
        IReadOnlyList<(Guid Deployment, LedgerEvent Event)> events = exists
            ? await ReadAsync(
                "select deployment_id, sequence, kind, message, recorded_by, recorded_at from supabase_deploy.events order by sequence",
                row => (row.GetGuid(0), new LedgerEvent(row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5))),
                cancellationToken).ConfigureAwait(false)
            : [];
        return events.ToLookup(row => row.Deployment, row => row.Event);
    }

    private Task<IReadOnlyList<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken) =>
        session.Connection.RowsAsync(sql, map, cancellationToken);

    private static string? Nullable(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
