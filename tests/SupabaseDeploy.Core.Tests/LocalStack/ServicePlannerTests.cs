using System.Net;
using System.Net.Sockets;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class ServicePlannerTests : IDisposable
{
    private static readonly ServiceDefinition s_definition = new()
    {
        Name = "sample",
        Programs = ["sample"],
        Package = new NpmRuntime("sample", "1.2.3", "sample", "bin/sample"),
        Arguments = ["--port", "{port}", "{{literal}}"],
        Environment = new Dictionary<string, string> { ["DATABASE"] = "postgres://{databaseUser}@{databaseHost}:{databasePort}/{databaseName}" },
        HealthPath = "/health",
        Route = "/sample/v1",
    };

    private readonly TemporaryFolder _folder = new();
    private readonly CollectingSink _sink = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_program_on_PATH_is_planned_with_its_values_filled_in()
    {
        ServicePlan plan = Planner("/usr/bin/sample").Plan(Context(), ServicePlan.Empty, []);

        PlannedService service = Assert.Single(plan.Services);
        Assert.Equal("/usr/bin/sample", service.FileName);
        Assert.Equal(["--port", $"{service.Port}", "{literal}"], service.Arguments);
        Assert.Equal("postgres://postgres@127.0.0.1:5433/app", service.Environment["DATABASE"]);
        Assert.Empty(plan.Missing);
    }

    [Fact]
    public void A_program_that_is_nowhere_is_missing_with_the_way_to_get_it()
    {
        ServicePlan plan = Planner(null).Plan(Context(), ServicePlan.Empty, []);

        Assert.Equal(new MissingService("sample", "/sample/v1", "Run 'Install-LocalRuntime sample', then 'Start-LocalStack'."), Assert.Single(plan.Missing));
        Assert.Empty(plan.Services);
    }

    [Fact]
    public void An_installed_program_is_found_in_the_folder_of_its_version()
    {
        string program = _folder.Write("runtimes/sample/1.2.3/node_modules/sample/bin/sample", "");

        PlannedService service = Assert.Single(Planner(null).Plan(Context(), ServicePlan.Empty, []).Services);

        Assert.Equal((program, "1.2.3"), (service.FileName, service.Version));
    }

    [Fact]
    public void Ports_are_kept_and_a_taken_one_is_moved_with_a_notice()
    {
        ServicePlanner planner = Planner("/usr/bin/sample");
        ServicePlan first = planner.Plan(Context(), ServicePlan.Empty, []);
        Assert.Equal(first.Hash, planner.Plan(Context(), ServicePlan.Empty, []).Hash);
        Assert.Equal(first.Hash, Planner("/usr/bin/sample").Plan(Context(), first, []).Hash);

        using var other = new TcpListener(IPAddress.Loopback, first.Services[0].Port);
        other.Start();
        Assert.Equal(first.Hash, Planner("/usr/bin/sample").Plan(Context(), first, ["sample"]).Hash);
        Assert.Empty(_sink.Events);

        Assert.NotEqual(first.Services[0].Port, Planner("/usr/bin/sample").Plan(Context(), first, []).Services[0].Port);
        Assert.StartsWith($"Port {first.Services[0].Port} is taken", Assert.IsType<Notice>(Assert.Single(_sink.Events)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_survives_its_file()
    {
        ServicePlan plan = Planner("/usr/bin/sample").Plan(Context(), ServicePlan.Empty, []);

        Assert.Equal(plan.Hash, ServicePlan.Parse(plan.ToJson()).Hash);
    }

    [Fact]
    public void Every_definition_can_be_filled_in()
    {
        Assert.All(ServiceCatalog.All, definition =>
        {
            var values = ServiceValues.Of(Context());
            foreach (string name in new[] { "port", "adminPort", "package", "programFolder" })
            {
                values[name] = "0";
            }

            Assert.All(definition.Arguments.Concat(definition.Environment.Values), text => values.Fill(text));
        });
    }

    private ServicePlanner Planner(string? onPath) => new([s_definition], new InstalledRuntimes(_folder.Path), _ => onPath, _sink);

    private ServiceContext Context()
    {
        var project = new ProjectFolder(_folder.Path);
        return new ServiceContext
        {
            Environment = DeploymentEnvironment.ForDatabase(DatabaseAddress.Parse("postgres://postgres@127.0.0.1:5433/app"), _folder.Path),
            Folder = new StackFolder(project.EnvironmentFolder("local")),
            Configuration = SupabaseConfiguration.Load(project),
            Database = DatabaseAddress.Parse("postgres://postgres@127.0.0.1:5433/app"),
            Keys = LocalKeys.ReadOrCreate(Path.Combine(_folder.Path, "keys.json")),
            GatewayPort = 54321,
            GatewayFolder = "/module/bin/gateway",
        };
    }
}
