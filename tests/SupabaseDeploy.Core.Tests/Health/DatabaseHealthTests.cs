using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Health;

public sealed class DatabaseHealthTests
{
    [Fact]
    public async Task A_fresh_database_is_healthy_and_nothing_is_left_in_it()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        const string traces = "select count(*) from pg_class where relname = 'supabase_deploy_health_probe' or relnamespace::regnamespace::text = 'supabase_deploy'";

        DeploymentHealth health = await CheckAsync(database.Application);

        Assert.Equal(HealthStatus.Healthy, health.Status);
        Assert.Equal(["database", "writes", "migrations", "schema", "connections", "transactions"], health.Checks.Select(check => check.Check));
        Assert.StartsWith("PostgreSQL ", health.Named("database").Message, StringComparison.Ordinal);
        Assert.DoesNotContain(health.Checks, check => check.Message.Contains(database.Application.Password!.Reveal(), StringComparison.Ordinal));
        Assert.Equal(0L, await database.ScalarAsync<long>(traces));
        await CheckersAreGoneAsync(database);
    }

    [Fact]
    public async Task A_wrong_password_fails_and_the_password_is_not_shown()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        HealthCheck check = (await CheckAsync(database.Application with { Password = new Secret("not-the-password") })).Named("database");

        Assert.Equal(HealthStatus.Failed, check.Status);
        Assert.Contains("password authentication failed", check.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-the-password", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_database_fails_only_the_writes()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync($"alter database {database.Application.Database} set default_transaction_read_only = on");

        DeploymentHealth health = await CheckAsync(database.Application);

        Assert.Equal("The database accepts no writes: default_transaction_read_only is on.", health.Named("writes").Message);
        Assert.Equal(["writes"], health.Checks.Where(check => check.Status != HealthStatus.Healthy).Select(check => check.Check));
    }

    [Fact]
    public async Task A_role_that_may_not_make_temporary_tables_fails_the_writes_with_the_servers_reason()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        string role = $"reader_{Guid.NewGuid():N}";
        await database.ExecuteAsync($"create role {role} login password 'pw'; revoke temporary on database {database.Application.Database} from public");
        try
        {
            DeploymentHealth health = await CheckAsync(database.Application with { User = role, Password = new Secret("pw") });

            Assert.StartsWith("The server says: permission denied to create temporary tables", health.Named("writes").Message, StringComparison.Ordinal);
            Assert.EndsWith("grant pg_read_all_stats to see all.", health.Named("transactions").Message, StringComparison.Ordinal);
            Assert.Equal(HealthStatus.Healthy, health.Named("connections").Status);
        }
        finally
        {
            await database.ExecuteAsync($"drop role {role}");
        }
    }

    [Fact]
    public async Task A_nearly_full_database_is_degraded_and_a_full_one_fails()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync($"alter database {database.Application.Database} connection limit 11");
        var held = new List<NpgsqlConnection>();
        try
        {
            await HoldAsync(held, 9, database);
            HealthCheck nearlyFull = (await CheckAsync(database.Application)).Named("connections");
            Assert.Equal(HealthStatus.Degraded, nearlyFull.Status);
            Assert.Contains($" of 11 connections of database {database.Application.Database} are in use, ", nearlyFull.Message, StringComparison.Ordinal);

            await HoldAsync(held, 11, database);
            DeploymentHealth full = await CheckAsync(database.Application);
            Assert.Equal((HealthStatus.Failed, "No connection is left."), (full.Named("connections").Status, full.Named("connections").Message));
            Assert.Contains("too many connections for database", full.Named("database").Message, StringComparison.Ordinal);
        }
        finally
        {
            foreach (NpgsqlConnection connection in held)
            {
                await connection.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task The_oldest_transaction_is_shown_with_its_process_user_and_state()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await using NpgsqlConnection idle = await database.Application.OpenAsync(CancellationToken.None, "an application");
        await using NpgsqlTransaction transaction = await idle.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("select 1", idle, transaction))
        {
            await command.ExecuteScalarAsync();
        }

        HealthCheck check = (await CheckAsync(database.Application)).Named("transactions");

        Assert.Equal(HealthStatus.Healthy, check.Status);
        Assert.EndsWith($"(process {idle.ProcessID}, user postgres, idle in transaction).", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_locked_table_does_not_hold_up_the_check_for_longer_than_its_time()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text)");
        await using NpgsqlConnection locker = await database.Application.OpenAsync(CancellationToken.None);
        await using NpgsqlTransaction transaction = await locker.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("lock table supabase_migrations.schema_migrations in access exclusive mode", locker, transaction))
        {
            await command.ExecuteNonQueryAsync();
        }

        DeploymentHealth health = await CheckAsync(database.Application, TimeSpan.FromMilliseconds(500));

        Assert.Equal((HealthStatus.Failed, "No answer within 500 ms."), (health.Named("migrations").Status, health.Named("migrations").Message));
        Assert.Equal(HealthStatus.Healthy, health.Named("connections").Status);
        Assert.Equal(HealthStatus.Healthy, health.Named("transactions").Status);
    }

    [Fact]
    public async Task A_session_that_is_ended_while_it_is_checked_fails_what_was_left_to_measure()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text)");
        await using NpgsqlConnection locker = await database.Application.OpenAsync(CancellationToken.None);
        await using NpgsqlTransaction transaction = await locker.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("lock table supabase_migrations.schema_migrations in access exclusive mode", locker, transaction))
        {
            await command.ExecuteNonQueryAsync();
        }

        Task<DeploymentHealth> checking = CheckAsync(database.Application, TimeSpan.FromSeconds(30));
        await using (NpgsqlConnection killer = await database.Administration.OpenAsync(CancellationToken.None))
        {
            await using var kill = new NpgsqlCommand(
                """
                select count(*) from (
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name = 'supabase-deploy health' and datname = current_database() and wait_event_type = 'Lock') as killed
                """,
                killer);
            while ((long)(await kill.ExecuteScalarAsync())! == 0)
            {
                // Until the checker has come to the lock.
            }
        }

        DeploymentHealth health = await checking;

        Assert.Equal(HealthStatus.Healthy, health.Named("writes").Status);
        Assert.Contains("terminating connection", health.Named("migrations").Message, StringComparison.Ordinal);
        foreach (string check in (string[])["connections", "transactions"])
        {
            Assert.Equal((HealthStatus.Failed, "Not measured: the connection broke in the check before."), (health.Named(check).Status, health.Named(check).Message));
        }
    }

    [Fact]
    public async Task A_stopped_server_fails_and_a_started_one_ends_the_wait()
    {
        await using TestCluster cluster = await TestCluster.CreateAsync();
        DatabaseAddress address = cluster.Application;
        await cluster.Cluster.StopAsync(CancellationToken.None);
        var sink = new ProgressWatch();

        Task<DeploymentHealth> waiting = new HealthChecker(new FixedTarget { Database = () => address })
            .WaitAsync(Sample.Environment(), null, HealthStatus.Healthy, TimeSpan.FromMinutes(1), sink, CancellationToken.None);
        Assert.Contains("database", (await sink.First.WaitAsync(TimeSpan.FromSeconds(30))).Status, StringComparison.Ordinal);
        await cluster.Cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(HealthStatus.Healthy, (await waiting).Status);
    }

    /// <summary>Opens connections until so many are held; a session that has just been closed may take up a place for a moment more.</summary>
    private static async Task HoldAsync(List<NpgsqlConnection> held, int count, TestDatabase database)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (held.Count < count)
        {
            try
            {
                held.Add(await database.Application.OpenAsync(limit.Token));
            }
            catch (DeployException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.TooManyConnections })
            {
                limit.Token.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>A closed connection's session ends on the server a moment later.</summary>
    private static async Task CheckersAreGoneAsync(TestDatabase database)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using NpgsqlConnection superuser = await database.Administration.OpenAsync(limit.Token);
        await using var sessions = new NpgsqlCommand(
            "select count(*) from pg_stat_activity where application_name = 'supabase-deploy health' and datname = current_database()", superuser);
        while ((long)(await sessions.ExecuteScalarAsync(limit.Token))! > 0)
        {
            // Each question takes its time; the limit ends it.
        }
    }

    private static Task<DeploymentHealth> CheckAsync(DatabaseAddress address, TimeSpan? timeout = null)
    {
        DeploymentEnvironment environment = Sample.Environment();
        environment = environment with { Health = environment.Health with { Timeout = timeout ?? TimeSpan.FromSeconds(30) } };
        return new HealthChecker(new FixedTarget { Database = () => address }).CheckAsync(environment, null, CancellationToken.None);
    }
}
