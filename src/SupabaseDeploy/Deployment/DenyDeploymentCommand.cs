using System.Management.Automation;
using SupabaseDeploy.Deployments;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>Denies a release an environment, until the same person approves it.</summary>
[Cmdlet(VerbsLifecycle.Deny, "Deployment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Approval), typeof(Deployments.Deployment))]
public sealed class DenyDeploymentCommand : ApprovalCmdlet
{
    private protected override bool IsApproval => false;
}
