using SupabaseDeploy.Core.Tests;
using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Backups;

[Collection(ServerRoles.Collection)]
public sealed class BackupServiceTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TestDatabase _database = null!;

    private DeploymentEnvironment Environment => BackupSample.Environment(_folder.Path);

    private BackupService Service => new(new DatabaseOnly(_database.Application, _database.Administration), new PostgresInstallations());

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync(BackupSample.Content);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_backup_says_exactly_what_is_in_it()
    {
        var sink = new CollectingSink();

        DeploymentBackup backup = await Service.CreateAsync(Environment, sink, CancellationToken.None);

        BackupManifest manifest = backup.Manifest;
        Assert.Equal(3, manifest.Tables.Single(table => table.Name == "Kürse & \"mehr\"").Rows);
        Assert.Equal(1, manifest.Tables.Single(table => table.ToString() == "auth.users").Rows);
        Assert.Equal(1, manifest.LargeObjects);
        Assert.Equal(["1", "20261101120000"], manifest.Migrations);
        Assert.Equal("20261101120000", backup.MigrationVersion);
        Assert.Equal(["public.later.not_yet"], manifest.NotValidConstraints);
        Assert.Contains("authenticated", manifest.Roles);
        Assert.True(manifest.HasRolePasswords);
        Assert.Matches("^[0-9A-F]+/[0-9A-F]+$", manifest.WalPosition);
        Assert.True(manifest.DatabaseSize > 1_000_000);
        Assert.True(manifest.StartedAt <= manifest.ConsistentAt && manifest.ConsistentAt <= manifest.FinishedAt);
        Assert.Equal(_database.Installation.Version.Major, int.Parse(manifest.ServerVersion.Split('.')[0], null));
        Assert.Contains(manifest.Files, file => file.Path == "roles.sql");
        Assert.Contains(manifest.Files, file => file.Path == "database.json");
        Assert.Contains(manifest.Files, file => file.Path == "dump/toc.dat");
        Assert.Empty(await BackupFiles.FindDefectsAsync(backup, CancellationToken.None));
        Assert.Equal(backup.Id, Assert.Single(new BackupStore(Environment).List(sink)).Id);
        Assert.Contains(new Detail("pg_dump: public.Kürse & \"mehr\""), sink.Events);
        Assert.Equal(
            ["Counting rows", "Dumping tables", "Computing checksums"],
            sink.Events.OfType<ActivityProgress>().Select(progress => progress.Status).Distinct());
        Assert.Equal(new ActivityCompleted("Back up production"), sink.Events.OfType<ActivityCompleted>().Single());
    }

    [Fact]
    public async Task Only_the_user_who_took_a_backup_can_read_it()
    {
        DeploymentBackup backup = await Service.CreateAsync(Environment, NullProgressSink.Instance, CancellationToken.None);

        const UnixFileMode forOthers = ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.All(
            [backup.Path, .. Directory.EnumerateFileSystemEntries(backup.Path, "*", SearchOption.AllDirectories)],
            path => Assert.Equal(UnixFileMode.None, new FileInfo(path).UnixFileMode & forOthers));
    }

    [Fact]
    public async Task Secrets_of_the_database_are_not_in_the_manifest()
    {
        await _database.ExecuteAsync($"alter database {_database.Application.Database} set app.settings.jwt_secret to 'very-secret'");

        DeploymentBackup backup = await Service.CreateAsync(Environment, NullProgressSink.Instance, CancellationToken.None);

        Assert.DoesNotContain("very-secret", await File.ReadAllTextAsync(Path.Combine(backup.Path, "manifest.json")), StringComparison.Ordinal);
        Assert.Contains(BackupStore.ReadDefinition(backup).Settings, setting => setting is { Name: "app.settings.jwt_secret", Value: "very-secret" });
    }

    [Fact]
    public async Task What_is_counted_is_what_is_dumped_while_others_write()
    {
        using var stop = new CancellationTokenSource();
        Task writer = WriteUntilAsync(stop.Token);

        DeploymentBackup backup = await Service.CreateAsync(Environment, NullProgressSink.Instance, CancellationToken.None);
        await stop.CancelAsync();
        await writer;

        await using TestDatabase empty = await TestDatabase.CreateAsync();
        string name = $"restored_{empty.Application.Database}";
        var builder = new DatabaseBuilder(empty.Administration, new DumpProgram(empty.Installation, NullProgressSink.Instance), TimeProvider.System);
        DatabaseAddress restored = await builder.BuildAsync(backup, name, BackupStore.ReadDefinition(backup), "test", CancellationToken.None);
        IReadOnlyList<DrillCheck> checks = await RestoreVerifier.VerifyAsync(restored, backup.Manifest, null, CancellationToken.None);
        Assert.All(checks, check => Assert.True(check.Passed, check.Message));
    }

    [Fact]
    public async Task A_backup_that_is_stopped_leaves_nothing_and_no_program_running()
    {
        using var stop = new CancellationTokenSource();
        var sink = new ReactingSink(
            deployEvent => deployEvent is ActivityProgress { Status: var status } && status.StartsWith("Dumping", StringComparison.Ordinal), stop.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Service.CreateAsync(Environment, sink, stop.Token));

        Assert.Empty(Directory.GetFileSystemEntries(new BackupStore(Environment).Folder));
        await Wait.UntilAsync(async () => await _database.ScalarAsync<long>(
            "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'supabase-deploy backup%'") == 0);
    }

    [Fact]
    public async Task A_role_that_may_not_read_every_table_is_told_so()
    {
        await _database.ExecuteAsync("create table private_notes (id int); alter table private_notes owner to postgres");
        await using NpgsqlConnection admin = await _database.Administration.OpenAsync(CancellationToken.None);
        string role = $"reader_{Guid.NewGuid():N}";
        await using (var create = new NpgsqlCommand($"create role {role} login password 'x'", admin))
        {
            await create.ExecuteNonQueryAsync();
        }

        DatabaseAddress reader = _database.Application with { User = role, Password = new Secret("x") };
        var service = new BackupService(new DatabaseOnly(reader, null), new PostgresInstallations());
        var error = await Assert.ThrowsAsync<DeployException>(() => service.CreateAsync(Environment, NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(ErrorTable.BackupFailed, error.Code);
        Assert.StartsWith($"Database '{reader}' cannot be backed up: permission denied for ", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(new BackupStore(Environment).Folder));
        await using var drop = new NpgsqlCommand($"drop owned by {role}; drop role {role}", admin);
        await drop.ExecuteNonQueryAsync();
    }

    [Fact]
    public async Task The_applications_own_role_can_back_up_where_there_is_no_other()
    {
        var service = new BackupService(new DatabaseOnly(_database.Application, null), new PostgresInstallations());

        DeploymentBackup backup = await service.CreateAsync(Environment, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(3, backup.Manifest.Tables.Single(table => table.Name == "Kürse & \"mehr\"").Rows);
        Assert.Empty(await BackupFiles.FindDefectsAsync(backup, CancellationToken.None));
    }

    [Fact]
    public async Task A_role_that_may_not_read_passwords_backs_up_without_them_and_says_so()
    {
        string name = $"plain_{Guid.NewGuid():N}";
        DatabaseAddress plain = _database.Application with { Database = name, User = name, Password = new Secret("x") };
        await using NpgsqlConnection admin = await _database.Administration.OpenAsync(CancellationToken.None);
        var catalog = new DatabaseContents(admin);
        await catalog.ExecuteAsync($"create role {name} login password 'x'", CancellationToken.None);
        await catalog.ExecuteAsync($"create database {name} owner {name} template template0", CancellationToken.None);
        var sink = new CollectingSink();

        DeploymentBackup backup = await new BackupService(new DatabaseOnly(plain, null), new PostgresInstallations()).CreateAsync(Environment, sink, CancellationToken.None);

        Assert.False(backup.Manifest.HasRolePasswords);
        Assert.DoesNotContain("PASSWORD", await File.ReadAllTextAsync(Path.Combine(backup.Path, "roles.sql")), StringComparison.Ordinal);
        Assert.Equal(
            new Caution($"Role '{name}' may not read password hashes: the backup holds the roles without their passwords."),
            Assert.Single(sink.Events.OfType<Caution>()));
        await catalog.ExecuteAsync($"drop database {name} with (force)", CancellationToken.None);
        await catalog.ExecuteAsync($"drop role {name}", CancellationToken.None);
    }

    [Fact]
    public async Task A_deployment_under_way_is_mentioned()
    {
        var sink = new CollectingSink();
        await using NpgsqlConnection holder = await (_database.Application with { Database = "_supabase_deploy" }).OpenAsync(CancellationToken.None);
        await using DeploymentLock held = await DeploymentLock.AcquireAsync(_database.Application, "publish", TimeSpan.Zero, sink, CancellationToken.None);
        await using (var other = new NpgsqlCommand("update supabase_deploy.lock_owner set machine = 'elsewhere' where database = $1", holder))
        {
            other.Parameters.Add(new NpgsqlParameter { Value = _database.Application.Database });
            await other.ExecuteNonQueryAsync();
        }

        await Service.CreateAsync(Environment, sink, CancellationToken.None);

        Assert.Contains(sink.Events.OfType<Caution>(), caution => caution.Message.StartsWith("A deployment is under way (", StringComparison.Ordinal));
    }

    private async Task WriteUntilAsync(CancellationToken stop)
    {
        await using NpgsqlConnection connection = await _database.Application.OpenAsync(CancellationToken.None);
        while (!stop.IsCancellationRequested)
        {
            await using var insert = new NpgsqlCommand("insert into \"Kürse & \"\"mehr\"\"\" (title) values ('more'); insert into child (parent) select max(id) from \"Kürse & \"\"mehr\"\"\"", connection);
            await insert.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }
}
