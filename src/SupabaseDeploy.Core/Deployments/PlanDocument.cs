using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// A plan as the ledger keeps it: without the environment and the releases, which have columns of their own. What came with a later
/// version is null in what an earlier one wrote.
/// </summary>
internal sealed record PlanDocument(
    IReadOnlyList<PlannedStep> Steps,
    IReadOnlyList<string> Apply,
    IReadOnlyList<string> Undo,
    IReadOnlyList<string> Brings,
    IReadOnlyList<Gate> Gates,
    RollbackPlan Rollback,
    IReadOnlyList<string> DataLoss,
    IReadOnlyList<string>? Contract,
    PlannedFunctions? Functions,
    IReadOnlyList<ConfigurationChange>? Configuration,
    IReadOnlyList<Guid>? TakesOver)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        IgnoreReadOnlyProperties = true,
    };

    public static string Write(DeploymentPlan plan) => JsonSerializer.Serialize(
        new PlanDocument(
            plan.Steps,
            plan.Apply,
            plan.Undo,
            plan.Brings,
            plan.Gates,
            plan.Rollback,
            plan.DataLoss,
            plan.Contract,
            plan.Functions is { } functions ? new PlannedFunctions(functions.Deploy, functions.Remove) : null,
            plan.Configuration,
            plan.TakesOver),
        s_json);

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
            Contract = document.Contract ?? [],
            Functions = document.Functions is { } functions && release is not null ? new FunctionChange(release, functions.Deploy, functions.Remove) : null,
            Configuration = document.Configuration ?? [],
            TakesOver = document.TakesOver ?? [],
        };
    }
}

/// <summary>A <see cref="FunctionChange"/> without its release.</summary>
internal sealed record PlannedFunctions(IReadOnlyList<string> Deploy, IReadOnlyList<string> Remove);
