using System.Management.Automation;
using SupabaseDeploy.Deployments;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>Approves a release for an environment, as somebody other than who asked for it.</summary>
[Cmdlet(VerbsLifecycle.Approve, "Deployment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Approval), typeof(Deployments.Deployment))]
public sealed class ApproveDeploymentCommand : ApprovalCmdlet
{
    private protected override bool IsApproval => true;
}
