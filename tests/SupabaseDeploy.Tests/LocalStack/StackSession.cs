using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.LocalStack;

/// <summary>A session in a project with two local stages and one that lives elsewhere. Its stacks are removed afterwards.</summary>
internal sealed class StackSession : IDisposable
{
    private const string Pipeline = """
        application: courses
        stages:
          - name: local
            target: local
          - name: staging
            target: local
          - name: production
            target: docker
            compose: docker-compose.yml
            database: ${secret:LOCAL_STACK_TESTS_NEVER_SET_THIS}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly ModuleSession _session;

    /// <summary>Makes the project.</summary>
    /// <param name="engine">What runs the first stage, as <c>env/pipeline.yml</c> says it.</param>
    public StackSession(string engine = "auto")
    {
        _folder.Write("env/pipeline.yml", Pipeline.Replace("name: local\n", $"name: local\n    engine: {engine}\n", StringComparison.Ordinal));
        _folder.Write("docker-compose.yml", "services: {}\n");
        _folder.Write("migrations/001_first.sql", "select 1;\n");
        _session = new ModuleSession(_folder.Path);
    }

    public string Root => _folder.Path;

    public ModuleSession Session => _session;

    public SessionResult Run(string script) => _session.Run(script);

    public string[] Lines(string script)
    {
        SessionResult result = Run(script);
        Assert.Null(result.Error);
        return [.. result.Output.Select(value => $"{value}")];
    }

    public void Dispose()
    {
        SessionResult removed = _session.Run("Stop-LocalStack * -RemoveData -Confirm:$false");
        _session.Dispose();
        _folder.Dispose();
        Assert.Null(removed.Error);
    }
}
