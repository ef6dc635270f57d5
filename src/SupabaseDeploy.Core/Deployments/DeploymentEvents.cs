using SupabaseDeploy.Deployments;

namespace SupabaseDeploy.Events;

/// <summary>A step of a deployment begins. Published before anything of it is done.</summary>
/// <param name="Activity">The whole work: <c>Publish 3f9a… to production</c>.</param>
/// <param name="Plan">The plan, for whoever shows all of it.</param>
/// <param name="Done">The steps before it, as they were done.</param>
/// <param name="Step">The step's name.</param>
public sealed record DeploymentStepStarted(string Activity, DeploymentPlan Plan, IReadOnlyList<DeploymentStep> Done, string Step) : DeployEvent;

/// <summary>A step of a deployment has ended. The ledger says so when the next one begins, or at the end of the deployment.</summary>
/// <param name="Activity">The whole work.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Step">The step as it was done.</param>
public sealed record DeploymentStepEnded(string Activity, DeploymentPlan Plan, DeploymentStep Step) : DeployEvent;
