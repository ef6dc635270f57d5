using System.Collections;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Makes the plan of a stack's services, as often as it is asked for, always with the same ports.</summary>
internal sealed class StackPlans(
    DeploymentEnvironment environment, StackFolder folder, DatabaseService database, Lazy<LocalKeys> keys, IReadOnlyList<string> gatewayFolders, ServicePlanner planner)
{
    /// <summary>The variables of whoever starts the stack.</summary>
    public IDictionary Surroundings { get; init; } = Environment.GetEnvironmentVariables();

    /// <summary>The plan for a gateway on a port, when it is known where the database is.</summary>
    /// <param name="gatewayPort">The gateway's port.</param>
    /// <param name="running">The services that a gateway runs now.</param>
    /// <param name="cancellationToken">Ends the wait for a database that is being created.</param>
    public async Task<ServicePlan> MakeAsync(int gatewayPort, IReadOnlyList<ServiceReport> running, CancellationToken cancellationToken)
    {
        StackRecord? record = StackRecord.Read(folder.StackFile);
        // Real paths: a project that is opened through a link has the same plan.
        var project = new ProjectFolder(RealPath.Of(environment.Project.Root));
        var context = new ServiceContext
        {
            Environment = environment with { Project = project },
            Folder = new StackFolder(project.EnvironmentFolder(environment.Name)),
            Configuration = SupabaseConfiguration.Load(environment.Project),
            Database = await database.AddressAsync(cancellationToken).ConfigureAwait(false),
            Chosen = record?.Chosen,
            LastPortOf = service => record?.PortOf(service),
            Administration = database.Administration,
            Keys = keys.Value,
            GatewayPort = gatewayPort,
            Surroundings = Surroundings,
            GatewayFolder = Path.GetDirectoryName(GatewayProgram.Find(gatewayFolders))!,
        };
        return await planner.PlanAsync(context, ReadLast(), [.. running.Select(service => service.Name)], cancellationToken).ConfigureAwait(false);
    }

    private ServicePlan ReadLast()
    {
        try
        {
            return File.Exists(folder.PlanFile) ? ServicePlan.Parse(File.ReadAllText(folder.PlanFile)) : ServicePlan.Empty;
        }
        catch (System.Text.Json.JsonException)
        {
            return ServicePlan.Empty; // Only the wish for the same ports is lost.
        }
    }
}
