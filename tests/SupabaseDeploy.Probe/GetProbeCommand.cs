using System.Management.Automation;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Probe;

/// <summary>A command that changes nothing and fails, or whose requirement is not met.</summary>
[Cmdlet(VerbsCommon.Get, "Probe")]
public sealed class GetProbeCommand : AsyncCmdlet
{
    [Parameter]
    public SwitchParameter RequirementNotMet { get; set; }

    protected override Task ProcessRecordAsync(CancellationToken cancellationToken) =>
        throw new DeployException(RequirementNotMet ? ErrorTable.RequirementNotMet : ErrorTable.InvalidValue, "The probe failed.");
}
