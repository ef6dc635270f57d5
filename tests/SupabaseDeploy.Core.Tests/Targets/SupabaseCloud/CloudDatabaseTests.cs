using System.Net;
using System.Net.Sockets;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets.SupabaseCloud;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>One server with TLS for all tests of a class.</summary>
public sealed class TlsServer : IAsyncLifetime
{
    public TlsCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await TlsCluster.CreateAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

/// <summary>The ways to a project's database, each layer of them failing for real.</summary>
public sealed class CloudDatabaseTests(TlsServer server) : IClassFixture<TlsServer>, IAsyncLifetime
{
    private static readonly DatabaseAddress s_nowhere = new() { Host = "nowhere.invalid", Database = "postgres", User = "postgres", Password = new Secret("x") };

    private readonly SkippingTime _time = new();
    private ManagementApiServer _api = null!;
    private ManagementApiProject _project = null!;

    private DatabaseAddress Database => server.Cluster.Application with { SslMode = "verify-full", RootCertificate = server.Cluster.Authority };

    public async ValueTask InitializeAsync()
    {
        _api = await ManagementApiServer.StartAsync();
        _project = _api.AddProject();
        _project.Database = Database;
        _project.Administration = server.Cluster.Administration with { SslMode = "require" };
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_server_is_trusted_that_the_authority_signed_for_this_name()
    {
        ConnectionAttempt attempt = await ConnectionProbe.TryAsync("declared", Database, default);
        Assert.True(attempt.IsOpen, attempt.ToString());
    }

    [Theory]
    [InlineData("another authority")]
    [InlineData("another name")]
    [InlineData("the system's store")]
    public async Task A_server_that_cannot_be_trusted_fails_at_TLS(string why)
    {
        DatabaseAddress address = why switch
        {
            "another authority" => Database with { RootCertificate = server.Cluster.OtherAuthority },
            "another name" => Database with { Host = "127.0.0.1" },
            _ => Database with { RootCertificate = DatabaseAddress.SystemCertificates },
        };
        ConnectionAttempt attempt = await ConnectionProbe.TryAsync("declared", address, default);
        Assert.Equal(ConnectionLayer.Tls, attempt.FailedAt);
    }

    [Fact]
    public async Task A_server_without_TLS_fails_at_TLS()
    {
        await using TestDatabase plain = await TestDatabase.CreateAsync();
        ConnectionAttempt attempt = await ConnectionProbe.TryAsync("direct", plain.Application with { SslMode = "verify-full" }, default);
        Assert.Equal(ConnectionLayer.Tls, attempt.FailedAt);
    }

    [Fact]
    public async Task A_name_without_an_address_fails_at_DNS()
    {
        ConnectionAttempt attempt = await ConnectionProbe.TryAsync("direct", s_nowhere, default);
        Assert.Equal(ConnectionLayer.Dns, attempt.FailedAt);
        Assert.Contains("'nowhere.invalid' has no address", attempt.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_takes_no_connections_fails_at_TCP()
    {
        ConnectionAttempt attempt = await ConnectionProbe.TryAsync("direct", Database with { Port = ClosedPort() }, default);
        Assert.Equal(ConnectionLayer.Tcp, attempt.FailedAt);
    }

    [Fact]
    public async Task A_host_with_addresses_of_IPv6_only_fails_there_on_a_machine_without_it()
    {
        ConnectionAttempt attempt = await ConnectionProbe.TryAsync("direct", s_nowhere with { Host = "2001:db8::1" }, default);
        Assert.Equal(await HasWayToIpv6Async() ? ConnectionLayer.Tcp : ConnectionLayer.Ipv6, attempt.FailedAt);
    }

    [Fact]
    public async Task A_wrong_password_fails_at_authentication()
    {
        ConnectionAttempt attempt = await ConnectionProbe.TryAsync("direct", Database with { Password = new Secret("wrong") }, default);
        Assert.Equal(ConnectionLayer.Authentication, attempt.FailedAt);
        Assert.DoesNotContain("wrong", attempt.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_fails_at_the_session()
    {
        ConnectionAttempt attempt = await ConnectionProbe.TryAsync("direct", Database with { Database = "nothing" }, default);
        Assert.Equal(ConnectionLayer.Session, attempt.FailedAt);
    }

    [Fact]
    public async Task The_declared_URL_is_the_first_way_and_is_verified_whole()
    {
        CloudDatabase database = Find(Declared(Database with { SslMode = null, RootCertificate = null }));
        DatabaseAddress found = await FindAsync(database);
        Assert.Equal(("verify-full", server.Cluster.Authority), (found.SslMode, found.RootCertificate));
        Assert.Equal("declared", Assert.Single(database.Attempts).Way);
        Assert.Equal(0, _api.Count("v1-create-login-role"));
    }

    [Fact]
    public async Task Without_a_password_a_role_for_a_time_signs_in_and_works_as_postgres()
    {
        _project.DatabaseHost = "localhost";
        CloudDatabase database = Find(Declared(null), directPort: Database.Port);
        DatabaseAddress found = await FindAsync(database);
        Assert.Equal(("cli_login_postgres", "postgres"), (found.User, found.Role));
        await using NpgsqlConnection connection = await found.OpenAsync(default);
        await using var command = new NpgsqlCommand("reset all; create table public.made_by_a_role_for_a_time (id int); select tableowner::text from pg_tables where tablename = 'made_by_a_role_for_a_time'", connection);
        Assert.Equal("postgres", await command.ExecuteScalarAsync());

        Assert.Same(found, await FindAsync(database));
        Assert.Equal(1, _api.Count("v1-create-login-role"));
    }

    [Fact]
    public async Task The_session_pooler_is_taken_when_the_direct_host_cannot_be_reached()
    {
        _project.Poolers.Add(("localhost", Database.Port, "postgres", "session"));
        CloudDatabase database = Find(Declared(s_nowhere with { Host = _project.DatabaseHost, Password = Database.Password }));
        DatabaseAddress found = await FindAsync(database);
        Assert.Equal(("localhost", Database.Port), (found.Host, found.Port));
        Assert.Equal(["declared DNS", "session pooler works"], database.Attempts.Select(attempt => $"{attempt.Way} {(attempt.IsOpen ? "works" : ConnectionAttempt.LayerText(attempt.FailedAt!.Value))}"));
    }

    [Fact]
    public async Task The_pooler_of_a_project_is_asked_for_its_session_mode_and_its_tenant()
    {
        _project.Poolers.Add(("pooler.invalid", 6543, $"postgres.{_project.Reference}", "transaction"));
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => FindAsync(Find(Declared(s_nowhere))));
        Assert.Contains($"session pooler (postgres.{_project.Reference}@pooler.invalid:5432/postgres): DNS", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_no_way_works_each_is_told_with_what_the_platform_knows()
    {
        _project.Bans.Add("203.0.113.7");
        _project.AllowedRanges.Clear();
        _project.AllowedRanges.Add("198.51.100.0/24");
        _project.Poolers.Add(("localhost", ClosedPort(), "postgres", "session"));
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => FindAsync(Find(Declared(s_nowhere))));
        Assert.Equal(ErrorTable.CloudDatabaseUnreachable, failure.Code);
        Assert.Matches(
            "declared .*: DNS: .*direct .*: DNS: .*session pooler .*: TCP: .*network ban: the platform bans 203.0.113.7 .*network restriction: only 198.51.100.0/24 may connect.*the platform itself reaches the database",
            failure.Message);
        Assert.Contains("firewall", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_that_does_not_tell_its_pooler_does_not_hide_what_failed_on_the_other_ways()
    {
        _api.Trouble("v1-get-pooler-config", new ManagementApiTrouble { Status = 403 });
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => FindAsync(Find(Declared(s_nowhere))));
        Assert.Equal(ErrorTable.CloudDatabaseUnreachable, failure.Code);
        Assert.Matches("declared .*: DNS: .*direct .*: DNS: .*session pooler: The Management API does not let this token do", failure.Message);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_is_answered_with_where_to_get_it()
    {
        CloudDatabase database = Find(Declared(Database with { SslMode = null, RootCertificate = null }, certificate: null));
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => FindAsync(database));
        Assert.Contains("'certificate:' of the stage", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pooler_in_transaction_mode_is_refused_without_being_asked()
    {
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => FindAsync(Find(Declared(s_nowhere with { Port = 6543 }))));
        Assert.Equal(ErrorTable.TransactionPooler, failure.Code);
    }

    private static async Task<bool> HasWayToIpv6Async()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse("2001:db8::1"), 5432, limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return true; // Sent, and nobody is there: the range is for documentation.
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.TimedOut or SocketError.ConnectionRefused;
        }
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private DeploymentEnvironment Declared(DatabaseAddress? database) => Declared(database, server.Cluster.Authority);

    private DeploymentEnvironment Declared(DatabaseAddress? database, string? certificate) => new()
    {
        Name = "staging",
        Target = TargetKind.SupabaseCloud,
        Application = "courses",
        Project = new ProjectFolder("/nowhere"),
        MigrationsFolder = "/nowhere/migrations",
        ProjectReference = _project.Reference,
        Database = database,
        Cloud = new CloudSettings { Certificate = certificate },
    };

    private CloudDatabase Find(DeploymentEnvironment environment, int directPort = 5432) => new(environment, Api(), _time, directPort);

    private async Task<DatabaseAddress> FindAsync(CloudDatabase database) => await database.FindAsync(await Api().GetProjectAsync(default), default);

    private ManagementApi Api() => new(new ApiConnection(new ApiAccess(_api.Address, _api.Token), _time), _project.Reference);
}
