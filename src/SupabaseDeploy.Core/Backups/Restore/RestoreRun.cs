using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Backups;

/// <summary>One restore as the ledger sees it: each step is written when it begins and when it ends.</summary>
/// <param name="deployment">The deployment that begins.</param>
/// <param name="activity">Name of the whole work, for progress.</param>
/// <param name="sink">Told about each step.</param>
/// <param name="time">The clock.</param>
internal sealed class RestoreRun(Deployment deployment, string activity, IProgressSink sink, TimeProvider time)
{
    private static readonly TimeSpan s_recordLimit = TimeSpan.FromSeconds(15);

    private readonly StepList _steps = new(activity, time, sink);
    private Ledger? _ledger;
    private bool _isSwitched;

    /// <summary>Name of the whole work, for progress.</summary>
    public string Activity => activity;

    /// <summary>True once there is a ledger to write to: not before the switch where the live database is gone, or its ledger is not believed.</summary>
    public bool IsRecorded => _ledger is not null;

    /// <summary>True once the ledger says how it ended, or there is none to say it.</summary>
    public bool IsEndRecorded { get; private set; }

    /// <summary>Writes the deployment with the steps so far, and from now on every step.</summary>
    public async Task RecordInAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        deployment = await ledger.BeginAsync(deployment with { Steps = _steps.ToList() }, cancellationToken).ConfigureAwait(false);
        _ledger = ledger;
    }

    /// <summary>Writes the deployment with the steps so far into the ledger of a database that has another name until the switch.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="told">What was done to it, kept with the deployment.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task PrepareInAsync(Ledger ledger, IReadOnlyList<string> told, CancellationToken cancellationToken)
    {
        deployment = await ledger.BeginAsync(deployment with { Steps = _steps.ToList() }, cancellationToken).ConfigureAwait(false);
        foreach (string message in told)
        {
            sink.Publish(new Caution(message));
            deployment = await ledger.NoteAsync(deployment, LedgerEvent.Caution, message, deployment.RequestedBy, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The restored database has its name, and its ledger: from here on every step is written to it. That it cannot be written holds nothing back any more.
    /// </summary>
    public async Task GoOnInAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        _isSwitched = true;
        if (_ledger is null)
        {
            _ledger = ledger;
            await WriteAsync(_steps.Count - 1, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Does one step. A step that fails is recorded as failed, and the failure goes on.</summary>
    /// <param name="name">Its name in the plan.</param>
    /// <param name="work">Does it and says what was done.</param>
    /// <param name="cancellationToken">Cancels the step, not its record.</param>
    public async Task StepAsync(string name, Func<CancellationToken, Task<string>> work, CancellationToken cancellationToken)
    {
        int position = _steps.Begin(deployment.Plan, name);
        await WriteAsync(position, cancellationToken).ConfigureAwait(false);
        try
        {
            string message = await work(cancellationToken).ConfigureAwait(false);
            await EndAsync(position, StepStatus.Succeeded, message).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await EndFailedAsync(position, e is OperationCanceledException ? "It was stopped." : e.Message).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Keeps with the deployment what was lost, and tells it.</summary>
    public async Task NoteLossAsync(string message, CancellationToken cancellationToken)
    {
        sink.Publish(new Notice(message));
        if (_ledger is not null)
        {
            deployment = await _ledger.NoteAsync(deployment, LedgerEvent.Loss, message, deployment.RequestedBy, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes how the restore ended.</summary>
    public async Task<Deployment> FinishAsync(DeploymentStatus status, bool changed, string? reason)
    {
        deployment = deployment with { Steps = _steps.ToList(), Status = status, Changed = changed, Reason = reason, FinishedAt = time.GetUtcNow() };
        using var limit = new CancellationTokenSource(s_recordLimit);
        IsEndRecorded = _ledger is null || await TellAsync(() => _ledger.FinishAsync(deployment, null, limit.Token)).ConfigureAwait(false);
        return deployment;
    }

    private async Task<bool> TellAsync(Func<Task> tell)
    {
        try
        {
            await tell().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (_isSwitched && e is DeployException or NpgsqlException or OperationCanceledException)
        {
            sink.Publish(new Caution($"The ledger of '{deployment.Environment}' could not be told how far the restore is: {e.Message} The database is restored; the next restore records it."));
            return false;
        }
    }

    private async Task EndFailedAsync(int position, string message)
    {
        try
        {
            await EndAsync(position, StepStatus.Failed, message).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DeployException or NpgsqlException or OperationCanceledException)
        {
            // The step's own failure says more than a ledger that cannot be reached, most likely for the same reason.
            sink.Publish(new Caution($"The ledger of '{deployment.Environment}' could not be told that step '{_steps[position].Name}' failed: {e.Message}"));
        }
    }

    private async Task EndAsync(int position, StepStatus status, string message)
    {
        _steps.End(position, status, message);
        // Also of a restore that was stopped, the record says where it stood.
        using var limit = new CancellationTokenSource(s_recordLimit);
        await WriteAsync(position, limit.Token).ConfigureAwait(false);
        _steps.Announce(deployment.Plan, position);
    }

    private Task WriteAsync(int position, CancellationToken cancellationToken) =>
        _ledger is null ? Task.CompletedTask : TellAsync(() => _ledger.WriteStepAsync(deployment with { Steps = _steps.ToList() }, position, _steps[position], cancellationToken));
}
