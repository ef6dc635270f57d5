using System.Net;
using System.Net.Sockets;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
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
        Route = new ServiceRoute("/sample/v1"),
    };

    private readonly TemporaryFolder _folder = new();
    private readonly CollectingSink _sink = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_program_on_PATH_is_planned_with_its_values_filled_in()
    {
        ServicePlan plan = await PlanAsync(Planner("/usr/bin/sample"));

        PlannedService service = Assert.Single(plan.Services);
        Assert.Equal("/usr/bin/sample", service.FileName);
        Assert.Equal(["--port", $"{service.Port}", "{literal}"], service.Arguments);
        Assert.Equal("postgres://postgres@127.0.0.1:5433/app", service.Environment["DATABASE"]);
        Assert.Empty(plan.Missing);
    }

    [Fact]
    public async Task A_program_that_is_nowhere_is_missing_with_the_way_to_get_it()
    {
        ServicePlan plan = await PlanAsync(Planner(null));

        Assert.Equal(new MissingService("sample", "/sample/v1", "Run 'Install-LocalRuntime sample', then 'Start-LocalStack'."), Assert.Single(plan.Missing));
        Assert.Empty(plan.Services);
    }

    [Theory]
    [InlineData("1.2.3-bundled")]
    [InlineData("1.2.2")]
    public async Task A_program_that_another_version_of_the_module_installed_is_said_to_be_installed_anew_once(string folder)
    {
        _folder.Write($"runtimes/sample/{folder}/node_modules/sample/bin/sample", "");
        ServicePlanner planner = Planner(null);

        ServicePlan plan = await PlanAsync(planner);
        await PlanAsync(planner);

        Assert.Single(plan.Missing);
        Assert.Equal(
            "Service 'sample' does not run: its program is on this machine as another version of this module installed it, and this one needs sample 1.2.3 as it installs it. Run 'Install-LocalRuntime sample', then 'Start-LocalStack'.",
            Assert.IsType<Caution>(Assert.Single(_sink.Events)).Message);
    }

    [Fact]
    public async Task An_installation_that_was_killed_is_no_other_version()
    {
        _folder.Write("runtimes/sample/.installing-0a1b/node_modules/sample/bin/sample", "");

        Assert.Single((await PlanAsync(Planner(null))).Missing);

        Assert.Empty(_sink.Events);
    }

    [Fact]
    public async Task An_installed_program_is_found_in_the_folder_of_its_version()
    {
        string program = _folder.Write("runtimes/sample/1.2.3/node_modules/sample/bin/sample", "");

        PlannedService service = Assert.Single((await PlanAsync(Planner(null))).Services);

        Assert.Equal((program, "1.2.3"), (service.FileName, service.Version));
    }

    [Fact]
    public async Task Ports_are_kept_and_a_taken_one_is_moved_with_a_notice()
    {
        ServicePlanner planner = Planner("/usr/bin/sample");
        ServicePlan first = await PlanAsync(planner);
        Assert.Equal(first.Hash, (await PlanAsync(planner)).Hash);
        Assert.Equal(first.Hash, (await PlanAsync(Planner("/usr/bin/sample"), first)).Hash);

        using var other = new TcpListener(IPAddress.Loopback, first.Services[0].Port);
        other.Start();
        Assert.Equal(first.Hash, (await PlanAsync(Planner("/usr/bin/sample"), first, ["sample"])).Hash);
        Assert.Empty(_sink.Events);

        ServicePlan moved = await PlanAsync(Planner("/usr/bin/sample"), first);
        Assert.NotEqual(first.Services[0].Port, moved.Services[0].Port);
        string notice = Assert.IsType<Notice>(Assert.Single(_sink.Events)).Message;
        Assert.StartsWith($"Port {first.Services[0].Port} is taken by process {System.Environment.ProcessId} (", notice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_further_port_is_its_own_is_kept_and_is_known_to_the_other_services()
    {
        ServiceDefinition listener = s_definition with { Name = "other", Environment = new Dictionary<string, string>(), FurtherPorts = ["smtpPort"] };
        ServiceDefinition user = s_definition with
        {
            EnvironmentWith = new Dictionary<string, IReadOnlyDictionary<string, string>>
            {
                ["other"] = new Dictionary<string, string> { ["SMTP"] = "{other.smtpPort}" },
                ["absent"] = new Dictionary<string, string> { ["ABSENT"] = "{absent.port}" },
            },
        };

        ServicePlan plan = await PlanAsync(Planner("/usr/bin/sample", user, listener));
        ServicePlan again = await PlanAsync(Planner("/usr/bin/sample", user, listener), ServicePlan.Parse(plan.ToJson()));

        int smtp = plan.Services[1].FurtherPorts["smtpPort"];
        Assert.NotEqual(plan.Services[1].Port, smtp);
        Assert.Equal($"{smtp}", plan.Services[0].Environment["SMTP"]);
        Assert.DoesNotContain("ABSENT", plan.Services[0].Environment.Keys);
        Assert.Equal(plan.Hash, again.Hash);
    }

    [Fact]
    public async Task A_port_of_the_configuration_is_taken_where_it_is_free()
    {
        int wished = LoopbackPort.Choose();
        _folder.Write("supabase/config.toml", $"[sample]\nport = {wished}\n");
        ServiceDefinition configured = s_definition with { PortKeys = new Dictionary<string, string> { ["port"] = "sample.port" } };

        Assert.Equal(wished, (await PlanAsync(Planner("/usr/bin/sample", configured))).Services[0].Port);
    }

    [Fact]
    public async Task While_the_port_of_the_configuration_is_taken_the_last_one_is_kept()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int wished = ((IPEndPoint)other.LocalEndpoint).Port;
        _folder.Write("supabase/config.toml", $"[sample]\nport = {wished}\n");
        ServiceDefinition configured = s_definition with { PortKeys = new Dictionary<string, string> { ["port"] = "sample.port" } };
        ServicePlan first = await PlanAsync(Planner("/usr/bin/sample", configured));

        ServicePlan stopped = await PlanAsync(Planner("/usr/bin/sample", configured), first);
        using var own = new TcpListener(IPAddress.Loopback, first.Services[0].Port);
        own.Start();
        ServicePlan running = await PlanAsync(Planner("/usr/bin/sample", configured), first, ["sample"]);

        Assert.NotEqual(wished, first.Services[0].Port);
        Assert.Equal((first.Hash, first.Hash), (stopped.Hash, running.Hash));
        Assert.EndsWith($"service 'sample' listens on port {first.Services[0].Port}.", Assert.IsType<Notice>(_sink.Events.Last()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_was_not_chosen_is_missing_and_says_so()
    {
        ServicePlan plan = await Planner("/usr/bin/sample").PlanAsync(Context() with { Chosen = ["other"] }, ServicePlan.Empty, [], CancellationToken.None);

        Assert.Empty(plan.Services);
        Assert.Contains("Start-LocalStack -Service *", Assert.Single(plan.Missing).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_that_is_not_there_matters_to_Auth_only()
    {
        _folder.Write("supabase/config.toml", "[auth.email.template.invite]\ncontent_path = \"./nowhere.html\"\n");

        Assert.Empty((await PlanAsync(Planner("/usr/bin/sample"))).MailTemplates);
        DeployException missing = await Assert.ThrowsAsync<DeployException>(() => PlanAsync(Planner("/usr/bin/sample", s_definition with { Name = ServiceCatalog.AuthName })));
        Assert.Equal(ErrorTable.InvalidSupabaseConfiguration, missing.Code);
    }

    [Theory]
    [InlineData("false", false)]
    [InlineData("true", true)]
    public void A_mail_that_is_not_there_matters_to_Auth_only_in_Docker_too(string enabled, bool isRefused)
    {
        _folder.Write("supabase/config.toml", $"[auth]\nenabled = {enabled}\n[auth.email.template.invite]\ncontent_path = \"./nowhere.html\"\n");
        DeploymentEnvironment environment = Context().Environment;
        var planner = new DockerPlanner(
            new EngineContext { Environment = environment, GatewayFolders = [Repository.GatewayFolder] }, DockerNames.Of(environment), Context().Keys);

        Exception? refused = Record.Exception(() => Assert.Empty(planner.ToServicePlan([]).MailTemplates));

        Assert.Equal(isRefused, refused is DeployException { Code: var code } && code == ErrorTable.InvalidSupabaseConfiguration);
        Assert.True(isRefused || refused is null);
    }

    [Fact]
    public async Task A_plan_survives_its_file()
    {
        ServicePlan plan = await PlanAsync(Planner("/usr/bin/sample"));

        Assert.Equal(plan.Hash, ServicePlan.Parse(plan.ToJson()).Hash);
    }

    [Fact]
    public async Task GraphQL_is_led_to_the_rest_service_and_the_plan_says_so()
    {
        ServiceDefinition rest = ServiceCatalog.All.Single(definition => definition.Name == "rest");
        ServicePlan plan = await PlanAsync(Planner("/usr/bin/postgrest", rest));
        ServicePlan missing = await PlanAsync(Planner(null, rest));

        ServiceRoute graphql = Assert.Single(Assert.Single(ServicePlan.Parse(plan.ToJson()).Services).Route!.Further);
        Assert.Equal(("/graphql/v1", "/rpc/graphql", "graphql_public"), (graphql.Path, graphql.RoutedAs, graphql.Headers["Content-Profile"]));
        Assert.Equal(["/graphql/v1"], Assert.Single(ServicePlan.Parse(missing.ToJson()).Missing).FurtherRoutes);
    }

    [Fact]
    public void Functions_reach_the_network_as_this_machine_does_and_the_stack_directly()
    {
        Assert.Equal(
            [
                "HTTPS_PROXY=http://proxy:3128", "NO_PROXY=.corp,localhost,127.0.0.1", "NPM_CONFIG_REGISTRY=https://npm.corp", "all_proxy=socks5://proxy",
                "no_proxy=.corp,localhost,127.0.0.1",
            ],
            Shown(("HTTPS_PROXY", "http://proxy:3128"), ("all_proxy", "socks5://proxy"), ("no_proxy", ".corp, localhost"), ("NPM_CONFIG_REGISTRY", "https://npm.corp"), ("HTTP_PROXY", ""), ("GITHUB_TOKEN", "x")));
        Assert.Equal(["npm_config_registry=https://npm.corp"], Shown(("npm_config_registry", "https://npm.corp"), ("NO_PROXY", "corp")));

        static IEnumerable<string> Shown(params (string Name, string Value)[] ours) =>
            ProxyVariables.Of(ours.ToDictionary(variable => variable.Name, variable => variable.Value)).Select(variable => $"{variable.Key}={variable.Value}").Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Every_definition_can_be_filled_in()
    {
        var values = ServiceValues.Of(Context());
        values["package"] = values["programFolder"] = "/folder";
        foreach (ServiceDefinition definition in ServiceCatalog.All)
        {
            foreach (string name in (string[])[ServiceDefinition.MainPort, .. definition.FurtherPorts])
            {
                values[name] = values[$"{definition.Name}.{name}"] = "0";
            }
        }

        Assert.All(ServiceCatalog.All, definition =>
            Assert.All(definition.Arguments.Concat(definition.Environment.Values).Concat(definition.EnvironmentWith.Values.SelectMany(with => with.Values)), text => values.Fill(text)));
    }

    [Fact]
    public void Every_definition_comes_after_those_it_depends_on_and_names_only_services_there_are()
    {
        List<string> names = [.. ServiceCatalog.All.Select(definition => definition.Name)];

        Assert.All(ServiceCatalog.All, definition =>
        {
            Assert.All(definition.DependsOn, dependency => Assert.True(names.IndexOf(dependency) is int at and >= 0 && at < names.IndexOf(definition.Name)));
            Assert.All(definition.EnvironmentWith.Keys, other => Assert.Contains(other, names));
            Assert.All(definition.PortKeys.Keys, port => Assert.Contains(port, definition.FurtherPorts.Append(ServiceDefinition.MainPort)));
        });
    }

    private ServicePlanner Planner(string? onPath, params ServiceDefinition[] definitions) =>
        new(definitions is [] ? [s_definition] : definitions, new InstalledRuntimes(_folder.Path), _ => onPath, _sink);

    private Task<ServicePlan> PlanAsync(ServicePlanner planner, ServicePlan? before = null, IReadOnlyCollection<string>? running = null) =>
        planner.PlanAsync(Context(), before ?? ServicePlan.Empty, running ?? [], CancellationToken.None);

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
