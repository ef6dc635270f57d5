using System.Management.Automation;
using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Shell.LocalStack;

/// <summary>Gets the programs of the local stack that this machine lacks.</summary>
[Cmdlet(VerbsLifecycle.Install, "LocalRuntime", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(LocalRuntime))]
public sealed class InstallLocalRuntimeCommand : AsyncCmdlet
{
    private readonly LocalRuntimes _runtimes = new();

    /// <summary>Names of runtimes; all when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RuntimeCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The address that serves release assets with GitHub's paths.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? BaseAddress { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        var failures = new List<DeployException>();
        foreach (string name in Name ?? LocalRuntimes.Names)
        {
            try
            {
                await InstallAsync(name, cancellationToken).ConfigureAwait(false);
            }
            catch (DeployException e)
            {
                failures.Add(e); // What one runtime lacks is no reason to leave out the others.
            }
        }

        foreach (DeployException failure in failures.SkipLast(1))
        {
            WriteFailure(failure);
        }

        if (failures is [.., { } last])
        {
            throw last;
        }
    }

    private async Task InstallAsync(string name, CancellationToken cancellationToken)
    {
        LocalRuntime? installed = await _runtimes.FindAsync(name, cancellationToken).ConfigureAwait(false);
        if (installed is not null)
        {
            Write(installed);
        }
        else if (await ShouldProcessAsync(_runtimes.Describe(name), "Install the runtime").ConfigureAwait(false))
        {
            Write(await _runtimes.InstallAsync(name, BaseAddress, Sink, cancellationToken).ConfigureAwait(false));
        }
    }
}
