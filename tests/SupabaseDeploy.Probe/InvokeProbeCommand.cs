using System.Management.Automation;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Probe;

/// <summary>Works like any command of the module, and keeps a diary of what its worker lived through.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Probe", SupportsShouldProcess = true)]
public sealed class InvokeProbeCommand : AsyncCmdlet
{
    [Parameter(ValueFromPipeline = true)]
    public string Name { get; set; } = "one";

    /// <summary>How many objects each record gives.</summary>
    [Parameter]
    public int Emit { get; set; } = 1;

    /// <summary>Keep working after the objects until cancelled.</summary>
    [Parameter]
    public SwitchParameter Hold { get; set; }

    [Parameter]
    public SwitchParameter Fail { get; set; }

    [Parameter]
    public SwitchParameter Unexpected { get; set; }

    [Parameter]
    public SwitchParameter Ask { get; set; }

    /// <summary>Where the worker writes what happens to it.</summary>
    [Parameter(Mandatory = true)]
    public System.Collections.Concurrent.ConcurrentQueue<string> Diary { get; set; } = null!;

    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        Diary.Enqueue($"begin {Name}");
        try
        {
            await Work(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Cleanup that takes a moment: the pipeline must not end before it.
            await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None).ConfigureAwait(false);
            Diary.Enqueue(cancellationToken.IsCancellationRequested ? $"cancelled {Name}" : $"end {Name}");
        }
    }

    private async Task Work(CancellationToken cancellationToken)
    {
        Sink.Publish(new Detail($"working on {Name}"));
        Sink.Publish(new Caution($"careful with {Name}"));
        Sink.Publish(new Notice($"about {Name}"));
        Sink.Publish(new ActivityProgress("Probe", Name, 50));
        Sink.Publish(new ActivityCompleted("Probe"));
        if (Ask && !await ShouldProcessAsync("production (127.0.0.1:5432)", "Change something").ConfigureAwait(false))
        {
            Diary.Enqueue("declined");
            return;
        }

        for (int i = 0; i < Emit; i++)
        {
            Write($"{Name} {i}");
        }

        if (Fail)
        {
            throw new DeployException(ErrorTable.InvalidValue, $"The probe '{Name}' failed: it was told to.", "Leave out -Fail.", Name);
        }

        if (Unexpected)
        {
            throw new InvalidOperationException("nobody expected this");
        }

        if (Hold)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
        }
    }
}
