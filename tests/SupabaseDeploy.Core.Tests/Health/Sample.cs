using SupabaseDeploy.Environments;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Core.Tests.Health;

/// <summary>Values the health tests start from.</summary>
internal static class Sample
{
    public static DeploymentEnvironment Environment(params HttpProbeSettings[] endpoints) => new()
    {
        Name = "staging",
        Target = TargetKind.Local,
        Application = "courses",
        Project = new ProjectFolder(Path.GetTempPath()),
        MigrationsFolder = Path.Combine(Path.GetTempPath(), "no such folder"),
        Health = new HealthSettings { Endpoints = endpoints },
    };

    public static Release Release(bool hasWeb, params string[] versions) => new()
    {
        Id = new string('a', 64),
        Application = "courses",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Path = Path.GetTempPath(),
        Migrations = [.. versions.Select(version => new ReleaseMigration(version, "x", $"{version}_x.sql", new string('0', 64), null))],
        Web = hasWeb ? new ReleaseBundle(new string('b', 64), []) : null,
    };

    public static HealthCheck Named(this DeploymentHealth health, string check) => Assert.Single(health.Checks, candidate => candidate.Check == check);
}
