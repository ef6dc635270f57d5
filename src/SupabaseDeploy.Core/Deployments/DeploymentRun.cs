using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// One deployment while it runs: every step is announced, done, recorded and announced as ended, in that order. From
/// <see cref="RecordAsync"/> on each step is in the ledger before it begins, so that a crash leaves a trace of what was being done. The end of a
/// step is written together with the beginning of the next.
/// </summary>
internal sealed class DeploymentRun : IAsyncDisposable
{
    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(10);

    private readonly Ledger _ledger;
    private readonly DeploymentRecord _record;
    private readonly LeftSchema _schema;
    private readonly TimeProvider _time;
    private readonly NotingSink _sink;
    private readonly string _activity;
    private readonly StepList _steps;
    private readonly List<LedgerEvent> _unkept = [];
    private Deployment _deployment;
    private int _firstUnwritten;

    public DeploymentRun(Ledger ledger, DeploymentPlan plan, string host, TimeProvider time, IProgressSink sink)
    {
        _ledger = ledger;
        _record = new DeploymentRecord(ledger);
        _schema = new LeftSchema(_record);
        _time = time;
        _sink = new NotingSink(sink);
        _activity = $"{plan.Kind} {plan.Release?.ShortId ?? "a backup"} to {plan.Environment} ({host})";
        _steps = new StepList(_activity, time, _sink);
        DateTimeOffset now = Now();
        _deployment = new Deployment
        {
            Id = Guid.CreateVersion7(now),
            Environment = plan.Environment,
            Release = plan.Release,
            PreviousRelease = plan.PreviousRelease,
            Kind = plan.Kind,
            Status = DeploymentStatus.Running,
            RequestedBy = LockOwner.OfThisProcess(_activity, now).Requester,
            StartedAt = now,
            Plan = plan,
            Steps = [],
        };
    }

    /// <summary>Where everything that happens in this deployment is told. Warnings are also kept with it.</summary>
    public IProgressSink Sink => _sink;

    /// <summary>What the whole work is.</summary>
    public string Activity => _activity;

    /// <summary>The plan that is executed.</summary>
    public DeploymentPlan Plan => _deployment.Plan;

    /// <summary>The deployment as it stands.</summary>
    public Deployment Deployment => _deployment with { Steps = _steps.ToList() };

    /// <summary>True when a step changed the environment, or nobody can say that none did.</summary>
    public bool Changed { get; set; }

    private bool IsRecorded => _deployment.Number is not null;

    /// <summary>Replaces the plan by the one made under the lock.</summary>
    public void Adopt(DeploymentPlan plan) =>
        _deployment = _deployment with { Plan = plan, PreviousRelease = plan.PreviousRelease };

    /// <summary>Begins to connect to the ledger, which is waiting mostly.</summary>
    public void BeginRecord(CancellationToken cancellationToken) => _record.Begin(cancellationToken);

    /// <summary>Makes the ledger ready for what is written later.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClocksDiffer"/>: nothing is written. No clock stands in the way of going back.</exception>
    public Task PrepareRecordAsync(CancellationToken cancellationToken) => _record.PrepareAsync(Plan.Kind == DeploymentKind.Publish, cancellationToken);

    /// <summary>Writes the deployment to the ledger, with the steps done so far.</summary>
    public async Task RecordAsync(CancellationToken cancellationToken)
    {
        _deployment = await _record.BeginAsync(Deployment, cancellationToken).ConfigureAwait(false);
        _firstUnwritten = _steps.Count;
    }

    /// <summary>Nothing changes the schema any more: it is read beside what is still to be done, and recorded with the end.</summary>
    public void BeginMeasuringSchema(CancellationToken cancellationToken) => _schema.Begin(cancellationToken);

    /// <summary>Keeps something that happened with the deployment, at once; where the ledger cannot be reached, with what is written next.</summary>
    public async Task NoteAsync(string kind, string message, CancellationToken cancellationToken) =>
        await KeepAsync([.. TakeNotes(), new LedgerEvent(0, kind, message, _deployment.RequestedBy, Now())], cancellationToken).ConfigureAwait(false);

    /// <summary>Keeps what down scripts lose, before they run: a crash cannot lose the count too.</summary>
    public async Task NoteLossAsync(IReadOnlyList<string> losses, CancellationToken cancellationToken)
    {
        if (losses.Count > 0)
        {
            await NoteAsync(LedgerEvent.Loss, $"Counted just before the down scripts ran: {string.Join(", ", losses)}.", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What was decided from elsewhere since the deployment was paused; null while nobody has.</summary>
    public async Task<LedgerEvent?> ReadDecisionAsync(CancellationToken cancellationToken)
    {
        await KeepAsync([], cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Deployment> deployments = await _ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<LedgerEvent> events = deployments.Single(deployment => deployment.Id == _deployment.Id).Events;
        if (events.LastOrDefault(each => each.Kind is LedgerEvent.Kept or LedgerEvent.RolledBack) is not { } decision)
        {
            return null;
        }

        _deployment = _deployment with { Events = events };
        return decision;
    }

    /// <summary>Adds a fact about the release to the chain.</summary>
    public Task AddEvidenceAsync(NewEvidence facts, CancellationToken cancellationToken) => _record.AppendEvidenceAsync(facts, _deployment.Id, Now(), cancellationToken);

    /// <summary>Records the schema that a step after the end of the deployment left.</summary>
    public Task RecordSchemaAsync(CancellationToken cancellationToken) => _record.RecordSchemaAsync(_deployment, cancellationToken);

    /// <summary>Does one step. When it throws, the step is recorded as failed and the exception goes on.</summary>
    public async Task StepAsync(string name, Func<CancellationToken, Task<StepOutcome>> work, CancellationToken cancellationToken)
    {
        int position = await BeginStepAsync(name, cancellationToken).ConfigureAwait(false);
        StepOutcome outcome;
        try
        {
            outcome = await work(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await _schema.DisposeAsync().ConfigureAwait(false); // What is done about the failure may change it.
            await EndFailedStepAsync(position, e, cancellationToken).ConfigureAwait(false);
            throw;
        }

        Changed |= outcome.Changed;
        _steps.End(position, StepStatus.Succeeded, outcome.Message);
        if (_deployment.FinishedAt is not null)
        {
            await WriteStepsAsync(cancellationToken).ConfigureAwait(false); // After the end no other step begins that would write it.
        }

        _steps.Announce(Plan, position);
    }

    /// <summary>Ends the deployment. The last step, <c>record</c>, the end and the evidence are written together.</summary>
    public async Task<Deployment> FinishAsync(
        DeploymentStatus status, string? reason, string? lockout, NewEvidence? evidence, CancellationToken cancellationToken)
    {
        if (!IsRecorded)
        {
            return End(status, reason, lockout);
        }

        await KeepAsync(TakeNotes(), cancellationToken).ConfigureAwait(false);
        int position = _steps.Begin(Plan, StepName.Record);
        NewRecordedSchema? schema = await _schema.FinishAsync(status, cancellationToken).ConfigureAwait(false);
        _steps.End(position, StepStatus.Succeeded, evidence is null ? $"{status}." : $"{status}, with evidence '{evidence.Kind}'.");
        Deployment ended = End(status, reason, lockout);
        await _record.FinishAsync(ended, _firstUnwritten, evidence, schema, cancellationToken).ConfigureAwait(false);
        _firstUnwritten = _steps.Count;
        _steps.Announce(Plan, position);
        return ended;
    }

    /// <summary>Ends a deployment that was stopped, within a short time of its own: the caller's token is cancelled. Never throws for the ledger.</summary>
    public async Task InterruptAsync(string reason)
    {
        if (_deployment.FinishedAt is not null)
        {
            return; // What came after its end is a step of its own, which says that it was stopped.
        }

        using var limit = new CancellationTokenSource(s_cleanupLimit);
        try
        {
            await FinishAsync(DeploymentStatus.Interrupted, reason, null, null, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DeployException or Npgsql.NpgsqlException or OperationCanceledException)
        {
            // The next deployment finds it running and takes over; what the caller has to hear is that it was stopped.
            _sink.Publish(new Caution($"The ledger of '{_deployment.Environment}' could not be told that the deployment was stopped: {e.Message}"));
        }
    }

    /// <summary>Gives up what is still being read, and the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _schema.DisposeAsync().ConfigureAwait(false);
        await _record.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<int> BeginStepAsync(string name, CancellationToken cancellationToken)
    {
        int position = _steps.Begin(Plan, name);
        try
        {
            await WriteStepsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await _schema.DisposeAsync().ConfigureAwait(false);
            _steps.End(position, StepStatus.Failed, "It did not begin."); // Written with the end of the deployment, which has no running step then.
            _steps.Announce(Plan, position);
            throw;
        }

        _firstUnwritten = position; // Its end is not written yet.
        return position;
    }

    private async Task EndFailedStepAsync(int position, Exception failure, CancellationToken cancellationToken)
    {
        bool isStopped = failure is OperationCanceledException && cancellationToken.IsCancellationRequested;
        using var limit = new CancellationTokenSource(s_cleanupLimit);
        try
        {
            _steps.End(position, StepStatus.Failed, isStopped ? "Stopped." : failure.Message);
            await WriteStepsAsync(limit.Token).ConfigureAwait(false);
            _steps.Announce(Plan, position);
        }
        catch (Exception e) when (e is DeployException or Npgsql.NpgsqlException or OperationCanceledException)
        {
            // The step's own failure says more than a ledger that cannot be reached, most likely for the same reason.
            _sink.Publish(new Caution($"The ledger of '{_deployment.Environment}' could not be told that step '{_steps[position].Name}' failed: {e.Message}"));
        }
    }

    private IReadOnlyList<LedgerEvent> TakeNotes() =>
        [.. _sink.Take().Select(message => new LedgerEvent(0, LedgerEvent.Caution, message, _deployment.RequestedBy, Now()))];

    private async Task KeepAsync(IReadOnlyList<LedgerEvent> events, CancellationToken cancellationToken)
    {
        _unkept.AddRange(events);
        if (IsRecorded && _unkept.Count > 0)
        {
            IReadOnlyList<LedgerEvent> recorded = await _record.AppendEventsAsync(_deployment.Id, _unkept, cancellationToken).ConfigureAwait(false);
            _unkept.Clear();
            _deployment = _deployment with { Events = [.. _deployment.Events, .. recorded] };
        }
    }

    private async Task WriteStepsAsync(CancellationToken cancellationToken)
    {
        if (IsRecorded)
        {
            await _record.WriteStepsAsync(Deployment, _firstUnwritten, cancellationToken).ConfigureAwait(false);
            _firstUnwritten = _steps.Count;
        }
    }

    private Deployment End(DeploymentStatus status, string? reason, string? lockout) => _deployment = Deployment with
    {
        Status = status,
        Reason = reason,
        Lockout = lockout,
        Changed = Changed,
        FinishedAt = Now(),
    };

    private DateTimeOffset Now() => Ledger.ToMicrosecond(_time.GetUtcNow());
}
