using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>A plan as the ledger keeps it: without the environment and the releases, which have columns of their own.</summary>
internal sealed record PlanDocument(
    IReadOnlyList<PlannedStep> Steps,
    IReadOnlyList<string> Apply,
    IReadOnlyList<string> Undo,
    IReadOnlyList<string> Brings,
    IReadOnlyList<Gate> Gates,
    RollbackPlan Rollback,
    IReadOnlyList<string> DataLoss)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        IgnoreReadOnlyProperties = true,
    };

    public static string Write(DeploymentPlan plan) => JsonSerializer.Serialize(
        new PlanDocument(plan.Steps, plan.Apply, plan.Undo, plan.Brings, plan.Gates, plan.Rollback, plan.DataLoss), s_json);

    public static DeploymentPlan Read(string json, DeploymentEnvironment environment, DeploymentKind kind, Release? release, Release? previous)
    {
        PlanDocument document = JsonSerializer.Deserialize<PlanDocument>(json, s_json)!;
        return new DeploymentPlan
        {
            Environment = environment,
            Kind = kind,
            Release = release,
            PreviousRelease = previous,
            Steps = document.Steps,
            Apply = document.Apply,
            Undo = document.Undo,
            Brings = document.Brings,
            Gates = document.Gates,
            Rollback = document.Rollback,
            DataLoss = document.DataLoss,
        };
    }
}
