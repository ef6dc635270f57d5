using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

[Collection(ServerRoles.Collection)]
public sealed class DeploymentLockTests : IAsyncLifetime
{
    private readonly CollectingSink _sink = new();
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_second_one_is_told_who_holds_the_lock()
    {
        await using DeploymentLock held = await AcquireAsync("publish 3f9a to production");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => AcquireAsync("migrate"));

        Assert.Equal(ErrorTable.DeploymentLockHeld, e.Code);
        Assert.Contains("publish 3f9a to production", e.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", e.Message, StringComparison.Ordinal);
        LockOwner owner = Assert.IsType<LockOwner>(e.Target);
        Assert.Equal(held.Owner with { Since = owner.Since }, owner);
    }

    [Fact]
    public async Task A_released_lock_is_free_and_has_no_owner()
    {
        DeploymentLock held = await AcquireAsync("first");
        Assert.Equal("first", (await DeploymentLock.FindOwnerAsync(_database.Application, default))?.Why);

        await held.DisposeAsync();

        Assert.Null(await DeploymentLock.FindOwnerAsync(_database.Application, default));
        await using DeploymentLock next = await AcquireAsync("second");
        await next.EnsureHeldAsync(default);
        Assert.Empty(_sink.Events);
    }

    [Fact]
    public async Task One_who_waits_gets_it_when_it_is_released()
    {
        DeploymentLock held = await AcquireAsync("first");
        var told = new TaskCompletionSource();
        var sink = new ActingSink(_ => told.TrySetResult());
        Task<DeploymentLock> waiting = DeploymentLock.AcquireAsync(_database.Application, "second", TimeSpan.FromMinutes(1), sink, default);
        await told.Task;
        Assert.False(waiting.IsCompleted);

        await held.DisposeAsync();

        await using DeploymentLock next = await waiting;
        await next.EnsureHeldAsync(default);
        Assert.Equal("second", (await DeploymentLock.FindOwnerAsync(_database.Application, default))?.Why);
    }

    [Fact]
    public async Task Waiting_ends_when_its_time_is_over()
    {
        await using DeploymentLock held = await AcquireAsync("first");

        DeployException e = await Assert.ThrowsAsync<DeployException>(
            () => DeploymentLock.AcquireAsync(_database.Application, "second", TimeSpan.FromMilliseconds(50), _sink, default));

        Assert.Equal(ErrorTable.DeploymentLockHeld, e.Code);
        Assert.Contains("first", Assert.IsType<Notice>(Assert.Single(_sink.Events)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        await using DeploymentLock held = await AcquireAsync("first");
        using var cancellation = new CancellationTokenSource();
        var sink = new ActingSink(_ => cancellation.Cancel());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => DeploymentLock.AcquireAsync(_database.Application, "second", Timeout.InfiniteTimeSpan, sink, cancellation.Token));

        await held.EnsureHeldAsync(default);
    }

    [Fact]
    public async Task A_dead_holders_row_is_told_from_a_live_one()
    {
        DeploymentLock dead = await AcquireAsync("killed work");
        await TerminateHolderAsync();

        Assert.Null(await DeploymentLock.FindOwnerAsync(_database.Application, default));
        DeployException e = await Assert.ThrowsAsync<DeployException>(() => dead.EnsureHeldAsync(default));
        Assert.Equal(ErrorTable.DeploymentLockLost, e.Code);

        await using DeploymentLock next = await AcquireAsync("second");
        Assert.Contains("killed work", Assert.IsType<Notice>(Assert.Single(_sink.Events)).Message, StringComparison.Ordinal);
        await dead.DisposeAsync();
        await next.EnsureHeldAsync(default);
    }

    [Fact]
    public async Task Only_the_migrating_role_reads_the_owner_row()
    {
        await using DeploymentLock held = await AcquireAsync("first");
        await using NpgsqlConnection connection = await OpenLockDatabaseAsync();
        await using var command = new NpgsqlCommand(
            """
            select count(*) from pg_roles r where r.rolname in ('anon', 'authenticated')
            and (has_schema_privilege(r.oid, 'supabase_deploy', 'usage') or has_table_privilege(r.oid, 'supabase_deploy.lock_owner', 'select'))
            """,
            connection);

        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_role_that_may_create_nothing_holds_the_lock_without_an_owner_row()
    {
        string role = $"visitor_{Guid.NewGuid():N}";
        await using NpgsqlConnection superuser = await _database.Administration.OpenAsync(default);
        await ExecuteAsync(superuser, $"create role {role} login password 'of a test'; grant connect on database \"{_database.Administration.Database}\" to {role}");
        try
        {
            DatabaseAddress visitor = _database.Application with { User = role, Password = new Secret("of a test") };
            await using DeploymentLock held = await DeploymentLock.AcquireAsync(visitor, "look", TimeSpan.Zero, _sink, default);

            Assert.Contains("cannot be told by whom", Assert.IsType<Caution>(Assert.Single(_sink.Events)).Message, StringComparison.Ordinal);
            await held.EnsureHeldAsync(default);
            DeployException e = await Assert.ThrowsAsync<DeployException>(
                () => DeploymentLock.AcquireAsync(visitor, "look too", TimeSpan.Zero, _sink, default));
            Assert.Equal(ErrorTable.DeploymentLockHeld, e.Code);
        }
        finally
        {
            await ExecuteAsync(superuser, $"drop owned by {role}; drop role {role}");
        }
    }

    [Fact]
    public async Task The_administration_role_and_the_application_role_share_one_lock()
    {
        await using DeploymentLock held = await DeploymentLock.AcquireAsync(_database.Administration, "restore", TimeSpan.Zero, _sink, default);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => AcquireAsync("migrate"));

        Assert.Contains("restore", e.Message, StringComparison.Ordinal);
        await held.DisposeAsync();
        await using DeploymentLock next = await AcquireAsync("migrate");
    }

    [Fact]
    public async Task A_role_that_may_not_connect_to_the_maintenance_database_and_one_that_may_exclude_each_other()
    {
        await using var guest = await Guest.CreateAsync(_database);
        await using (DeploymentLock held = await DeploymentLock.AcquireAsync(guest.Address, "migrate", TimeSpan.Zero, _sink, default))
        {
            Assert.Equal(ErrorTable.DeploymentLockHeld, (await Assert.ThrowsAsync<DeployException>(() => AcquireAsync("publish"))).Code);
            Assert.Equal(guest.Address.User, (await DeploymentLock.FindOwnerAsync(_database.Application, default))?.Who);
        }

        await using DeploymentLock other = await AcquireAsync("publish");
        DeployException e = await Assert.ThrowsAsync<DeployException>(
            () => DeploymentLock.AcquireAsync(guest.Address, "migrate", TimeSpan.Zero, _sink, default));
        Assert.Equal(ErrorTable.DeploymentLockHeld, e.Code);
        Assert.Contains("_supabase_deploy", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_lock_of_one_place_is_waited_for_in_the_other(bool isGuestFirst)
    {
        await using var guest = await Guest.CreateAsync(_database);
        (DatabaseAddress first, DatabaseAddress second) = isGuestFirst ? (guest.Address, _database.Application) : (_database.Application, guest.Address);
        DeploymentLock held = await DeploymentLock.AcquireAsync(first, "first", TimeSpan.Zero, _sink, default);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sink = new ActingSink(_ => told.TrySetResult());
        Task<DeploymentLock> waiting = DeploymentLock.AcquireAsync(second, "second", TimeSpan.FromMinutes(1), sink, default);
        await told.Task;
        DeployException e = await Assert.ThrowsAsync<DeployException>(
            () => DeploymentLock.AcquireAsync(second, "third", TimeSpan.FromMilliseconds(300), _sink, default));
        Assert.Equal(ErrorTable.DeploymentLockHeld, e.Code);
        Assert.False(waiting.IsCompleted);

        await held.DisposeAsync();

        await using DeploymentLock next = await waiting;
        await next.EnsureHeldAsync(default);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_reported_with_the_database_that_was_asked_for()
    {
        DatabaseAddress nowhere = _database.Application with { Port = 1 };

        DeployException e = await Assert.ThrowsAsync<DeployException>(
            () => DeploymentLock.AcquireAsync(nowhere, "migrate", TimeSpan.Zero, _sink, default));

        Assert.Equal(ErrorTable.DatabaseUnreachable, e.Code);
        Assert.Contains($"'{nowhere}'", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("_supabase_deploy", e.Message, StringComparison.Ordinal);
        Assert.Equal(nowhere, e.Target);
    }

    [Fact]
    public async Task A_wrong_password_is_reported_with_the_database_that_was_asked_for()
    {
        DatabaseAddress wrong = _database.Application with { Password = new Secret("of nobody") };

        DeployException e = await Assert.ThrowsAsync<DeployException>(
            () => DeploymentLock.AcquireAsync(wrong, "migrate", TimeSpan.Zero, _sink, default));

        Assert.Equal(ErrorTable.DatabaseAuthenticationFailed, e.Code);
        Assert.Contains($"'{wrong}'", e.Message, StringComparison.Ordinal);
    }

    private Task<DeploymentLock> AcquireAsync(string why) => DeploymentLock.AcquireAsync(_database.Application, why, TimeSpan.Zero, _sink, default);

    private async Task TerminateHolderAsync()
    {
        await using NpgsqlConnection connection = await OpenLockDatabaseAsync();
        await using var command = new NpgsqlCommand(
            "select pg_terminate_backend(backend_pid, 10000) from supabase_deploy.lock_owner where database = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = _database.Application.Database });
        Assert.Equal(true, await command.ExecuteScalarAsync());
    }

    private Task<NpgsqlConnection> OpenLockDatabaseAsync() => (_database.Administration with { Database = "_supabase_deploy" }).OpenAsync(default);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A role that may connect to the database of the test, and to no other.</summary>
    private sealed class Guest(TestDatabase database, DatabaseAddress address) : IAsyncDisposable
    {
        public DatabaseAddress Address => address;

        public static async Task<Guest> CreateAsync(TestDatabase database)
        {
            string role = $"guest_{Guid.NewGuid():N}";
            await using NpgsqlConnection superuser = await database.Administration.OpenAsync(default);
            await ExecuteAsync(
                superuser,
                $"create role {role} login password 'of a test'; grant connect, create on database \"{database.Administration.Database}\" to {role}");
            return new Guest(database, database.Application with { User = role, Password = new Secret("of a test") });
        }

        public async ValueTask DisposeAsync()
        {
            await using NpgsqlConnection superuser = await database.Administration.OpenAsync(default);
            await ExecuteAsync(superuser, $"drop owned by {address.User} cascade; drop role {address.User}");
        }
    }
}
