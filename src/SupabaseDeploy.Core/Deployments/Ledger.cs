using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// The durable record of one environment's deployments, in schema <c>supabase_deploy</c> of its database. Every call has a connection of its
/// own and leaves none open, so that a restore may rename the database between two calls. Whoever writes holds the deployment lock.
/// </summary>
public sealed class Ledger(DeploymentEnvironment environment, DatabaseAddress database)
{
    /// <summary>The environment.</summary>
    public DeploymentEnvironment Environment => environment;

    /// <summary>The database the ledger is in.</summary>
    public DatabaseAddress Database => database;

    /// <summary>This machine's clock, which has to agree with the server's where something is recorded that gates ask for.</summary>
    internal TimeProvider Machine { get; init; } = TimeProvider.System;

    /// <summary>Every deployment, oldest first; empty where there is no ledger yet. Creates nothing.</summary>
    public Task<IReadOnlyList<Deployment>> GetDeploymentsAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<Deployment>>(reader => reader.ReadDeploymentsAsync(cancellationToken), [], cancellationToken);

    /// <summary>The release of the last deployment that succeeded; null before the first.</summary>
    public async Task<Release?> GetCurrentReleaseAsync(CancellationToken cancellationToken) =>
        Current(await GetDeploymentsAsync(cancellationToken).ConfigureAwait(false))?.Release;

    /// <summary>All evidence, oldest first; empty where there is no ledger yet.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.LedgerBroken"/>: a row was changed, removed or put in.</exception>
    public Task<IReadOnlyList<Evidence>> GetEvidenceAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<Evidence>>(reader => reader.ReadEvidenceAsync(cancellationToken), [], cancellationToken);

    /// <summary>Why what it says cannot be believed; null when it can.</summary>
    internal async Task<DeployException?> FindBreakAsync(CancellationToken cancellationToken)
    {
        try
        {
            await GetEvidenceAsync(cancellationToken).ConfigureAwait(false);
            await GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (DeployException e) when (e.Code == ErrorTable.LedgerBroken)
        {
            return e;
        }
    }

    /// <summary>Every deployment, and why what the ledger says cannot be believed; none where that is the deployments themselves.</summary>
    internal async Task<(IReadOnlyList<Deployment> Deployments, DeployException? Break)> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<Deployment> deployments = await GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            return (deployments, await FindBreakAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (DeployException e) when (e.Code == ErrorTable.LedgerBroken)
        {
            return ([], e);
        }
    }

    /// <summary>Takes every row out of it. Whoever does this has put them into a file, and says so in what begins.</summary>
    internal async Task StartAnewAsync(CancellationToken cancellationToken)
    {
        LedgerSession session = await LedgerSession.OpenForWritingAsync(database, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await LedgerCopy.EmptyAsync(session.Connection, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Records a fact about a release, with the next place in the chain.</summary>
    /// <param name="kind">What kind of fact.</param>
    /// <param name="release">The release.</param>
    /// <param name="isPassed">Whether it speaks for the release.</param>
    /// <param name="content">What was measured.</param>
    /// <param name="recordedAt">When.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClocksDiffer"/>: nothing is recorded.</exception>
    public Task<Evidence> RecordEvidenceAsync(
        string kind, Release release, bool isPassed, string content, DateTimeOffset recordedAt, CancellationToken cancellationToken) =>
        RecordEvidenceAsync(new NewEvidence(kind, release, isPassed, content), recordedAt, cancellationToken);

    internal Task<Evidence> RecordEvidenceAsync(NewEvidence facts, DateTimeOffset recordedAt, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.AppendEvidenceAsync(facts, recordedAt, cancellationToken), cancellationToken);

    /// <summary>
    /// Replaces the ledger in <paramref name="to"/> by the one in <paramref name="from"/>, whole: a database that was restored from a
    /// backup holds the ledger of then. Call it before the restored database is switched in.
    /// </summary>
    /// <returns>
    /// What keeps everybody from recording evidence, approvals and decisions in <paramref name="from"/>, where nobody would find them any more; keep it until
    /// the switch, which ends its session too.
    /// </returns>
    public static async Task<IAsyncDisposable> CarryOverAsync(DatabaseAddress from, DatabaseAddress to, CancellationToken cancellationToken)
    {
        LedgerSession source = await LedgerSession.OpenForWritingAsync(from, cancellationToken).ConfigureAwait(false);
        try
        {
            LedgerSession target = await LedgerSession.OpenForWritingAsync(to, cancellationToken).ConfigureAwait(false);
            await using (target.ConfigureAwait(false))
            {
                await LedgerCopy.RunAsync(source.Connection, target.Connection, cancellationToken).ConfigureAwait(false);
            }

            return source;
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes the ledger of a database into memory, before that database is replaced in its own place.</summary>
    internal static async Task<LedgerImage> KeepAsync(DatabaseAddress from, CancellationToken cancellationToken)
    {
        LedgerSession source = await LedgerSession.OpenAsync(from, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            await source.MigrateAsync(cancellationToken).ConfigureAwait(false);
            return await LedgerCopy.ReadAsync(source.Connection, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same before a platform replaces the database: from then on nobody writes to it any more. See <see cref="LedgerClosing"/>.</summary>
    /// <param name="restore">The restore.</param>
    /// <param name="asked">What the platform is asked for.</param>
    /// <param name="at">When.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal Task<LedgerImage> CloseAsync(Deployment restore, string asked, DateTimeOffset at, CancellationToken cancellationToken) => WriteAsync(
        writer => writer.CloseAsync(restore.Id, new LedgerEvent(0, LedgerEvent.RestoreAsked, asked, restore.RequestedBy, ToMicrosecond(at)), cancellationToken), cancellationToken);

    /// <summary>How a restore stands in the ledger that <see cref="CloseAsync"/> closed for it; null in every other ledger. Asks for nothing that has to be believed.</summary>
    internal Task<DeploymentStatus?> FindClosingAsync(Guid restore, CancellationToken cancellationToken) =>
        ReadAsync(reader => reader.ReadClosingAsync(restore, cancellationToken), null, cancellationToken);

    /// <summary>The restore that <see cref="CloseAsync"/> closed this ledger for, and that has not ended; null when it is open. Asks for nothing that has to be believed.</summary>
    internal Task<Guid?> FindClosedByAsync(CancellationToken cancellationToken) =>
        ReadAsync(reader => reader.ReadClosedByAsync(cancellationToken), null, cancellationToken);

    /// <summary>Gives a new database, or one that went back in time, the ledger that <see cref="KeepAsync"/> took.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.LedgerWentOn"/>: the database's own holds something that the kept one does not; nothing is replaced.</exception>
    internal static async Task BringBackAsync(LedgerImage kept, DatabaseAddress to, CancellationToken cancellationToken)
    {
        LedgerSession target = await LedgerSession.OpenAsync(to, cancellationToken).ConfigureAwait(false);
        await using (target.ConfigureAwait(false))
        {
            await target.MigrateAsync(cancellationToken).ConfigureAwait(false);
            if (await LedgerCopy.WriteAsync(kept, target.Connection, cancellationToken).ConfigureAwait(false) is { } stranger)
            {
                throw new DeployException(
                    ErrorTable.LedgerWentOn,
                    $"The ledger of '{to}' is not replaced by the one that was kept: it holds {stranger}, which the kept one does not.",
                    "Go on with the ledger that is there; what was done before can be read in the kept one.",
                    to);
            }
        }
    }

    /// <summary>Writes a deployment that has begun, with the steps done so far, and gives it its number.</summary>
    internal Task<Deployment> BeginAsync(Deployment deployment, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.BeginAsync(deployment, cancellationToken), cancellationToken);

    /// <summary>Writes a step that begins or ends: the last one.</summary>
    internal Task WriteStepAsync(Deployment deployment, int position, DeploymentStep step, CancellationToken cancellationToken) => WriteAsync(
        async writer =>
        {
            await writer.WriteStepsAsync(deployment with { Steps = [.. deployment.Steps.Take(position), step] }, position, cancellationToken).ConfigureAwait(false);
            return step;
        },
        cancellationToken);

    /// <summary>Writes what happened in a deployment besides its steps, in order.</summary>
    internal Task<IReadOnlyList<LedgerEvent>> RecordEventsAsync(Guid deployment, IReadOnlyList<LedgerEvent> events, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.AppendEventsAsync(deployment, events, cancellationToken), cancellationToken);

    /// <summary>Writes one thing that happened in a deployment besides its steps.</summary>
    /// <returns>The deployment with it.</returns>
    internal async Task<Deployment> NoteAsync(Deployment deployment, string kind, string message, string by, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var happened = new LedgerEvent(0, kind, message, by, ToMicrosecond(at));
        IReadOnlyList<LedgerEvent> recorded = await RecordEventsAsync(deployment.Id, [happened], cancellationToken).ConfigureAwait(false);
        return deployment with { Events = [.. deployment.Events, .. recorded] };
    }

    /// <summary>
    /// Decides for a deployment that waits because its health is not known: to keep its release, or to roll back. It goes on within seconds.
    /// </summary>
    /// <param name="keep">True to keep the release.</param>
    /// <param name="by">Who decided.</param>
    /// <param name="reason">Why.</param>
    /// <param name="decidedAt">When.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The deployment; null when none waits.</returns>
    /// <exception cref="DeployException"><see cref="ErrorTable.ApprovalRefused"/>: it waits no more, because its process has ended.</exception>
    public async Task<Deployment?> DecideAsync(bool keep, string by, string reason, DateTimeOffset decidedAt, CancellationToken cancellationToken)
    {
        Deployment? waiting = (await GetDeploymentsAsync(cancellationToken).ConfigureAwait(false)).LastOrDefault(deployment => deployment.IsPaused);
        if (waiting is null)
        {
            return null;
        }

        return await IsAbandonedAsync(waiting, cancellationToken).ConfigureAwait(false)
            ? throw new DeployException(
                ErrorTable.ApprovalRefused,
                $"Nobody waits for a decision on '{environment}': {waiting.RequestedBy}, who ran {waiting}, has ended without finishing it.",
                DeploymentRemedy.Again(waiting),
                waiting)
            : await NoteAsync(waiting, keep ? LedgerEvent.Kept : LedgerEvent.RolledBack, reason, by, decidedAt, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>True when a deployment says that it runs, and nobody holds the lock; it has not ended in the moment between the two looks.</summary>
    internal async Task<bool> IsAbandonedAsync(Deployment deployment, CancellationToken cancellationToken) =>
        await DeploymentLock.FindOwnerAsync(database, cancellationToken).ConfigureAwait(false) is null
        && (await GetDeploymentsAsync(cancellationToken).ConfigureAwait(false)).Single(each => each.Id == deployment.Id).Status == DeploymentStatus.Running;

    /// <summary>Writes how a deployment ended, together with the evidence it brought and the schema it left: all or nothing.</summary>
    internal Task FinishAsync(Deployment deployment, NewEvidence? evidence, CancellationToken cancellationToken) =>
        FinishAsync(deployment, evidence, RecordedSchema.MeasureNewAsync, cancellationToken);

    /// <summary>The same, where the schema may be known without being read.</summary>
    internal async Task FinishAsync(
        Deployment deployment, NewEvidence? evidence, Func<NpgsqlConnection, CancellationToken, Task<NewRecordedSchema?>> measure, CancellationToken cancellationToken)
    {
        LedgerSession session = await LedgerSession.OpenForWritingAsync(database, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            NewRecordedSchema? schema = RecordedSchema.IsLeftBy(deployment.Status) ? await measure(session.Connection, cancellationToken).ConfigureAwait(false) : null;
            int last = Math.Max(0, deployment.Steps.Count - 1);
            await new LedgerWriter(session, environment).FinishAsync(deployment, last, evidence, schema, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The deployment whose release the environment runs.</summary>
    internal static Deployment? Current(IReadOnlyList<Deployment> deployments) =>
        deployments.LastOrDefault(deployment => deployment.Status == DeploymentStatus.Succeeded);

    /// <summary>The same, where no deployment has begun since that may have left the environment between two releases; null where one has.</summary>
    internal static Deployment? Running(IReadOnlyList<Deployment> deployments) =>
        Unsettled(deployments) is null ? Current(deployments) : null;

    /// <summary>The last deployment, when it may have left the environment between two releases. One that changed nothing does not count.</summary>
    internal static Deployment? Unsettled(IReadOnlyList<Deployment> deployments) =>
        deployments.LastOrDefault(deployment => deployment is not { Status: DeploymentStatus.Failed, Changed: false }) is { IsUnsettled: true } last ? last : null;

    internal static DateTimeOffset ToMicrosecond(DateTimeOffset moment) => moment.AddTicks(-(moment.Ticks % TimeSpan.TicksPerMicrosecond));

    private async Task<T> ReadAsync<T>(Func<LedgerReader, Task<T>> read, T nothing, CancellationToken cancellationToken)
    {
        LedgerSession session = await LedgerSession.OpenAsync(database, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            int version = await session.ReadVersionAsync(cancellationToken).ConfigureAwait(false);
            return version == 0 ? nothing : await read(new LedgerReader(session, version, environment)).ConfigureAwait(false);
        }
    }

    private async Task<T> WriteAsync<T>(Func<LedgerWriter, Task<T>> write, CancellationToken cancellationToken)
    {
        LedgerSession session = await LedgerSession.OpenForWritingAsync(database, cancellationToken, Machine).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            return await write(new LedgerWriter(session, environment)).ConfigureAwait(false);
        }
    }
}
