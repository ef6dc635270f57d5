using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Releases;

/// <summary>The project on two machines, and a folder that both see.</summary>
internal sealed class Machines : IDisposable
{
    public TemporaryFolder Here { get; } = new();

    public TemporaryFolder There { get; } = new();

    public TemporaryFolder Shared { get; } = new();

    /// <summary>Makes a release of one migration.</summary>
    public static Task<Release> ReleaseAsync(TemporaryFolder machine, string migration)
    {
        machine.Write("migrations/001_first.sql", migration);
        var project = new ProjectFolder(machine.Path);
        return new ReleaseStore(project).CreateAsync(
            new ReleaseContent { Application = "courses", MigrationsFolder = project.MigrationsFolder }, NullProgressSink.Instance, CancellationToken.None);
    }

    public void Dispose()
    {
        Here.Dispose();
        There.Dispose();
        Shared.Dispose();
    }
}
