using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.EnvironmentCommands;

/// <summary>A project folder with a pipeline of three stages, of which one cannot be resolved, and a session in it.</summary>
public sealed class EnvironmentProject : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EnvironmentProject()
    {
        _folder.Write("env/pipeline.yml", """
            application: courses
            stages:
              - name: local
                target: local
              - name: staging
                target: kubernetes
                database: ${secret:SDTEST_NOT_SET}
              - name: production
                target: local
                promoteFrom: local
                gates: { evidence: [healthy] }
            """);
        _folder.Write("env/local.json", """{ "API_URL": "http://127.0.0.1" }""");
        Session = new ModuleSession(_folder.Path);
    }

    public ModuleSession Session { get; }

    public string Path => _folder.Path;

    public void Write(string relativePath, string content) => _folder.Write(relativePath, content);

    public void Dispose()
    {
        Session.Dispose();
        _folder.Dispose();
    }
}
