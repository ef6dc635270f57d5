using System.Globalization;
using Docker.DotNet.Models;
using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>The tests' own engine and images: what the tests of the Docker engine stand on.</summary>
public class DockerStandInsTests
{
    [Fact]
    public async Task The_stand_in_of_the_database_is_a_PostgreSQL_with_the_platforms_superuser()
    {
        DockerEngine engine = await DockerEngine.GetAsync();
        int port = LoopbackPort.Choose();
        string network = (await engine.Client.Networks.CreateNetworkAsync(new NetworksCreateParameters { Name = $"test-{Guid.NewGuid():N}" })).ID;
        string id = await CreateAsync(engine, await DockerStandIns.DatabaseAsync(engine), network, port);
        try
        {
            var address = new DatabaseAddress { Host = "127.0.0.1", Port = port, Database = "postgres", User = "supabase_admin", Password = new SupabaseDeploy.Environments.Secret("a password") };
            await engine.Client.Containers.StartContainerAsync(id, new ContainerStartParameters());
            await using NpgsqlConnection connection = await OpenAsync(address);
            await using var query = new NpgsqlCommand("select rolsuper from pg_roles where rolname = 'postgres'", connection);

            Assert.False((bool)(await query.ExecuteScalarAsync())!);
        }
        finally
        {
            await engine.Client.Containers.RemoveContainerAsync(id, new ContainerRemoveParameters { Force = true, RemoveVolumes = true });
            await engine.Client.Networks.DeleteNetworkAsync(network);
        }
    }

    [Fact]
    public async Task An_image_that_was_pushed_to_the_registry_is_pulled_from_it()
    {
        DockerEngine engine = await DockerEngine.GetAsync();
        await using DockerRegistry registry = await DockerRegistry.StartAsync();
        await registry.PushAsync(engine, await DockerStandIns.ShellAsync(engine), "some/shell", "v1");

        var parameters = new ImagesCreateParameters { FromImage = $"{registry.Host}/some/shell", Tag = "v1" };
        await engine.Client.Images.CreateImageAsync(parameters, new AuthConfig(), new Progress<JSONMessage>());

        ImageInspectResponse image = await engine.Client.Images.InspectImageAsync($"{registry.Host}/some/shell:v1");
        Assert.NotEmpty(image.RepoDigests);
        await engine.Client.Images.DeleteImageAsync($"{registry.Host}/some/shell:v1", new ImageDeleteParameters());
    }

    private static async Task<string> CreateAsync(DockerEngine engine, string image, string network, int port) =>
        (await engine.Client.Containers.CreateContainerAsync(new CreateContainerParameters
        {
            Image = image,
            Env = ["POSTGRES_PASSWORD=a password"],
            ExposedPorts = new Dictionary<string, EmptyStruct> { ["5432/tcp"] = default },
            HostConfig = new HostConfig
            {
                PortBindings = new Dictionary<string, IList<PortBinding>>
                {
                    ["5432/tcp"] = [new PortBinding { HostIP = "127.0.0.1", HostPort = port.ToString(CultureInfo.InvariantCulture) }],
                },
                NetworkMode = network,
            },
        })).ID;

    private static async Task<NpgsqlConnection> OpenAsync(DatabaseAddress address)
    {
        NpgsqlConnection? connection = null;
        await Wait.UntilAsync(async () =>
        {
            try
            {
                connection = await address.OpenAsync(CancellationToken.None);
            }
            catch (DeployException)
            {
                return false;
            }

            return true;
        });
        return connection!;
    }
}
