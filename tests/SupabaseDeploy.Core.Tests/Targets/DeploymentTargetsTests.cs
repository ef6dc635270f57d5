using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets;

[Collection(ServerRoles.Collection)]
public sealed class DeploymentTargetsTests
{
    private readonly DeploymentTargets _targets = new();

    [Theory]
    [InlineData(TargetKind.Docker, "docker")]
    [InlineData(TargetKind.Kubernetes, "kubernetes")]
    public void Other_places_are_refused_by_name(TargetKind kind, string name)
    {
        using var folder = new TemporaryFolder();
        var environment = new DeploymentEnvironment
        {
            Name = "production",
            Target = kind,
            Application = "courses",
            Project = new ProjectFolder(folder.Path),
            MigrationsFolder = folder.Path,
        };

        var error = Assert.Throws<DeployException>(() => _targets.For(environment));

        Assert.Equal(ErrorTable.TargetNotSupported, error.Code);
        Assert.Equal($"Environment 'production' cannot be worked on: target '{name}' is not supported by this version.", error.Message);
    }

    [Fact]
    public async Task A_bare_database_gives_its_role_for_administration_only_when_that_role_may_administer()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        using var folder = new TemporaryFolder();

        IDeploymentTarget administrator = _targets.For(DeploymentEnvironment.ForDatabase(database.Administration, folder.Path));
        Assert.Equal(database.Administration, await administrator.GetAdministrationAsync(CancellationToken.None));
        Assert.Equal(database.Administration, await administrator.GetDatabaseAsync(CancellationToken.None));
        Assert.Equal($"127.0.0.1:{database.Administration.Port}", administrator.Host);
        Assert.Null(await administrator.GetWebUrlAsync(CancellationToken.None));
        Assert.Null(await administrator.GetServedReleaseAsync(CancellationToken.None));

        DatabaseAddress limited = await CreateLimitedRoleAsync(database.Administration);
        IDeploymentTarget target = _targets.For(DeploymentEnvironment.ForDatabase(limited, folder.Path));
        Assert.Null(await target.GetAdministrationAsync(CancellationToken.None));
    }

    private static async Task<DatabaseAddress> CreateLimitedRoleAsync(DatabaseAddress administration)
    {
        string role = $"limited_{Guid.NewGuid():N}";
        await using var connection = await administration.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        command.CommandText = $"create role {role} login password 'limited'";
        await command.ExecuteNonQueryAsync();
        return administration with { User = role, Password = new Secret("limited") };
    }
}
