using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class StackRegistryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StackRegistry _registry;

    public StackRegistryTests() => _registry = new StackRegistry(new StateFolders { Cache = Path.Combine(_folder.Path, "cache") });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stacks_of_all_projects_are_listed_once_and_forgotten_when_they_are_removed()
    {
        DeploymentEnvironment second = Started("b", "local");
        DeploymentEnvironment first = Started("a", "local");
        foreach (DeploymentEnvironment environment in (DeploymentEnvironment[])[second, first, second])
        {
            await _registry.AddAsync(environment, CancellationToken.None);
        }

        Assert.Equal(["a local", "b local"], Listed());
        Assert.Equal("b", Path.GetFileName(Assert.Single(_registry.Beside([first])).Project.Root));

        _registry.Remove(first);
        Assert.Equal(["b local"], Listed());
    }

    [Fact]
    public async Task A_project_that_is_gone_is_forgotten()
    {
        DeploymentEnvironment environment = Started("a", "local");
        await _registry.AddAsync(environment, CancellationToken.None);
        Directory.Delete(environment.Project.Root, recursive: true);

        Assert.Empty(Listed());
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder.Path, "cache", "stacks")));
    }

    [Theory]
    [InlineData("application: courses\nstages:\n  - name: local\n    target: local\n    engine: docker\n", LocalStackEngine.Docker)]
    [InlineData("application: [\n", LocalStackEngine.Auto)]
    [InlineData("application: courses\nstages:\n  - name: other\n    target: local\n", LocalStackEngine.Auto)]
    public async Task A_stack_is_as_its_project_declares_it_as_far_as_that_can_be_read(string pipeline, LocalStackEngine engine)
    {
        DeploymentEnvironment environment = Started("a", "local");
        _folder.Write("a/env/pipeline.yml", pipeline);
        await _registry.AddAsync(environment, CancellationToken.None);

        DeploymentEnvironment listed = Assert.Single(_registry.List());

        Assert.Equal(("local", TargetKind.Local, engine), (listed.Name, listed.Target, listed.Engine));
    }

    [Fact]
    public void Before_the_first_start_on_a_machine_there_is_none() => Assert.Empty(Listed());

    private IEnumerable<string> Listed() => _registry.List().Select(environment => $"{Path.GetFileName(environment.Project.Root)} {environment.Name}");

    private DeploymentEnvironment Started(string project, string name)
    {
        var folder = new ProjectFolder(Path.Combine(_folder.Path, project));
        _folder.Write($"{project}/.supabase-deploy/environments/{name}/stack.json", "{}");
        return new DeploymentEnvironment { Name = name, Target = TargetKind.Local, Application = project, Project = folder, MigrationsFolder = folder.MigrationsFolder };
    }
}
