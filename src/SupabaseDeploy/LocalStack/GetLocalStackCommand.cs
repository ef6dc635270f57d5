using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.LocalStack;

/// <summary>Shows what runs for local environments on this machine.</summary>
[Cmdlet(VerbsCommon.Get, "LocalStack")]
[OutputType(typeof(LocalStackInfo))]
public sealed class GetLocalStackCommand : LocalStackCmdlet
{
    /// <inheritdoc/>
    protected override Task ProcessRecordAsync(CancellationToken cancellationToken) => WriteEachAsync(
        LocalEnvironments(pipeline => pipeline.StagesOf(TargetKind.Local)),
        environment => Stacks.GetAsync(environment, cancellationToken),
        cancellationToken);
}
