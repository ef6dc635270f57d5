using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>
/// Runs Core's asynchronous work off the pipeline thread and pumps its output on it.
/// The pump ends only when the worker is done: when writing throws (stop, <c>-First 1</c>, a failing downstream command),
/// the worker is cancelled, drained and joined before the exception goes on, so nothing outlives the pipeline.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    // PowerShell runs no StopProcessing, Dispose or finally on these; the process ends as soon as the handlers return.
    private static readonly PosixSignal[] s_endingSignals = [PosixSignal.SIGTERM, PosixSignal.SIGHUP];
    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly SecretLookup _secrets;
    private Channel<Action>? _pump;
    private CancellationToken _cancellation = CancellationToken.None;

    /// <summary>Creates the command. One command asks for each secret once, whatever it needs it for.</summary>
    protected AsyncCmdlet() => _secrets = new SecretLookup { Vault = new SecretVault(this), Sink = new PipelineSink(this) };

    /// <summary>Core's events, turned into progress, verbose, information and warning records of this command.</summary>
    protected IProgressSink Sink => field ??= new PipelineSink(this);

    /// <summary>True when the command was called with <c>-WhatIf</c>, or in a scope where <c>$WhatIfPreference</c> is set.</summary>
    protected bool IsWhatIf =>
        MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? bound)
            ? LanguagePrimitives.IsTrue(bound)
            : LanguagePrimitives.IsTrue(SessionState.PSVariable.GetValue("WhatIfPreference"));

    /// <summary>
    /// True when a failure ends the whole script: what was to be changed was not, or what was to be tested is not known to be good.
    /// </summary>
    private protected virtual bool StopsScript =>
        GetType().GetCustomAttributes(typeof(CmdletAttribute), inherit: false)
            is [CmdletAttribute { SupportsShouldProcess: true } or CmdletAttribute { VerbName: VerbsDiagnostic.Test }];

    /// <summary>Work for each input object.</summary>
    protected virtual Task ProcessRecordAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Work after the last input object.</summary>
    protected virtual Task EndProcessingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Run(ProcessRecordAsync);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Run(EndProcessingAsync);

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        OnDispose();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what is held from one input object to the next, however the pipeline ended.</summary>
    protected virtual void OnDispose()
    {
    }

    /// <summary>Writes one object to the pipeline. May be called from any thread.</summary>
    protected void Write(object output) => Post(() => WriteObject(output, enumerateCollection: false));

    /// <summary>Writes a failure that does not end the command. May be called from any thread.</summary>
    protected void WriteFailure(DeployException failure) => Post(() =>
    {
        ErrorRecord error = ErrorRecords.From(failure);
        WorkflowAnnotations.Report(this, error);
        WriteError(error);
    });

    /// <summary>Asks, on the pipeline thread, whether to make a change. Call it directly before the change.</summary>
    /// <param name="target">The environment and host: <c>production (127.0.0.1:54322)</c>.</param>
    /// <param name="action">What would be done: <c>Apply 3 migrations</c>.</param>
    protected Task<bool> ShouldProcessAsync(string target, string action) =>
        OnPipelineThread(() =>
        {
            Confirmation.EnsureCanAsk(this, action, target);
            return ShouldProcess(target, action);
        });

    /// <summary>The same for a command whose impact depends on its parameters. Its class declares the highest.</summary>
    /// <param name="target">The environment and host.</param>
    /// <param name="action">What would be done.</param>
    /// <param name="impact">The impact of this call.</param>
    protected Task<bool> ShouldProcessAsync(string target, string action, ConfirmImpact impact) =>
        OnPipelineThread(() =>
        {
            if (!IsWhatIf && !Confirmation.WouldAsk(this, impact))
            {
                WriteVerbose($"Performing the operation \"{action}\" on target \"{target}\".");
                return true;
            }

            Confirmation.EnsureCanAsk(this, action, target);
            return ShouldProcess(target, action);
        });

    /// <summary>Runs <paramref name="work"/> on the pipeline thread, where <see cref="PSCmdlet"/> members may be used.</summary>
    protected internal Task<T> OnPipelineThread<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = Post(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (DeployException e)
            {
                done.SetException(e);
            }
            catch (Exception e)
            {
                done.SetException(e);
                throw;
            }
        });
        if (!posted)
        {
            done.SetCanceled(_stop.Token);
        }

        // Cancelled work items never run: the cancellation of the pump must release their waiters.
        return done.Task.WaitAsync(_cancellation);
    }

    /// <summary>Hands <paramref name="item"/> to the pipeline thread; false when nobody reads any more.</summary>
    internal bool Post(Action item) => _pump is { } pump && pump.Writer.TryWrite(item);

    private void Run(Func<CancellationToken, Task> work)
    {
        Channel<Action> pump = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var joined = new TaskCompletionSource();
        using var signals = new SignalHandlers(s_endingSignals, () => CancelAndJoin(cancellation, joined.Task));
        _pump = pump;
        _cancellation = cancellation.Token;
        Task worker = Task.Run(
            async () =>
            {
                using IDisposable entered = _secrets.Enter(cancellation.Token);
                try
                {
                    await work(cancellation.Token).ConfigureAwait(false);
                }
                finally
                {
                    pump.Writer.Complete();
                }
            },
            CancellationToken.None);
        try
        {
            PumpUntilDone(pump.Reader, cancellation);
        }
        finally
        {
            ((IAsyncResult)worker).AsyncWaitHandle.WaitOne();
            joined.SetResult();
        }

        Rethrow(worker);
    }

    /// <summary>Writes what the worker posts until it is done; when writing throws, cancels the worker and drains what it still posts.</summary>
    private static void PumpUntilDone(ChannelReader<Action> reader, CancellationTokenSource cancellation)
    {
        try
        {
            foreach (Action item in ReadAll(reader))
            {
                item();
            }
        }
        catch
        {
            cancellation.Cancel();
            foreach (Action _ in ReadAll(reader))
            {
                // Drained, not written: nobody reads any more.
            }

            throw;
        }
    }

    private static IEnumerable<Action> ReadAll(ChannelReader<Action> reader)
    {
        while (reader.WaitToReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult())
        {
            while (reader.TryRead(out Action? item))
            {
                yield return item;
            }
        }
    }

    private static void CancelAndJoin(CancellationTokenSource cancellation, Task joined)
    {
        try
        {
            cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            return; // The command ended in the same moment.
        }

        joined.Wait(s_cleanupLimit);
    }

    private void Rethrow(Task worker)
    {
        try
        {
            worker.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested || _cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e) when (e is PipelineStoppedException or FlowControlException or ActionPreferenceStopException)
        {
            throw;
        }
        catch (Exception e)
        {
            Fail(ErrorRecords.From(e));
        }
    }

    /// <summary>
    /// An ordinary terminating error lets a script without <c>$ErrorActionPreference = 'Stop'</c> go on and exit 0, so that what others
    /// rely on stops it. An explicit <c>-ErrorAction</c> is honoured.
    /// </summary>
    private void Fail(ErrorRecord error)
    {
        if (MyInvocation.BoundParameters.TryGetValue("ErrorAction", out object? bound)
            && LanguagePrimitives.TryConvertTo(bound, out ActionPreference preference)
            && preference is ActionPreference.Continue or ActionPreference.SilentlyContinue or ActionPreference.Ignore)
        {
            WriteError(error);
            return;
        }

        WorkflowAnnotations.Report(this, error);
        // With a broken pipeline.yml, 'Get-Environment | Invoke-Migration' would end well without having done anything.
        if (StopsScript || error.Exception is DeployException { Code: var code } && (code == ErrorTable.RequirementNotMet || code == ErrorTable.InvalidConfiguration))
        {
            throw new ScriptStoppingException(error, this);
        }

        ThrowTerminatingError(error);
    }

    /// <summary>One handler for several signals, removed together.</summary>
    private sealed class SignalHandlers(PosixSignal[] signals, Action handler) : IDisposable
    {
        private readonly PosixSignalRegistration[] _registrations =
            Array.ConvertAll(signals, signal => PosixSignalRegistration.Create(signal, _ => handler()));

        public void Dispose()
        {
            foreach (PosixSignalRegistration registration in _registrations)
            {
                registration.Dispose();
            }
        }
    }
}
