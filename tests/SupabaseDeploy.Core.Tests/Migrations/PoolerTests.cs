using System.Diagnostics;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>Migrations through PgBouncer, a pooler of connections (https://www.pgbouncer.org/config.html).</summary>
public sealed class PoolerTests : MigrationTest
{
    [Fact]
    public async Task A_pooler_in_transaction_mode_is_refused_before_anything_runs()
    {
        Write("1_a.sql", "create table public.a (id int);");
        await using Pooler pooler = await Pooler.StartAsync(Database.Application, "transaction");

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync(pooler.Address));

        Assert.Equal(ErrorTable.TransactionPooler, error.Code);
        Assert.Equal("Use the server's own address, or a pooler in session mode.", error.Remedy);
        Assert.False(await Database.ScalarAsync<bool>("select coalesce(to_regclass('public.a'), to_regclass('supabase_migrations.schema_migrations')) is not null"));
    }

    [Fact]
    public async Task A_pooler_in_session_mode_is_as_good_as_the_server()
    {
        Write("1_a.sql", "create table public.a (id int);");
        await using Pooler pooler = await Pooler.StartAsync(Database.Application, "session");

        MigrationRun run = await ApplyAsync(pooler.Address);

        Assert.Equal(["1"], run.Applied.Select(applied => applied.Version));
    }

    private Task<MigrationRun> ApplyAsync(DatabaseAddress address) =>
        new MigrationRunner().ApplyAsync(Request with { Environment = DeploymentEnvironment.ForDatabase(address, Folder.Path), Database = address }, Sink, default);

    private sealed class Pooler : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder;
        private readonly Process _process;

        private Pooler(TemporaryFolder folder, Process process, DatabaseAddress address)
        {
            _folder = folder;
            _process = process;
            Address = address;
        }

        public DatabaseAddress Address { get; }

        public static async Task<Pooler> StartAsync(DatabaseAddress server, string mode)
        {
            string program = await DebianProgram.FindOrInstallAsync("pgbouncer", "pgbouncer");
            var folder = new TemporaryFolder();
            int port = LoopbackPort.Choose();
            string users = folder.Write("users.txt", $"\"{server.User}\" \"{server.Password!.Reveal()}\"\n");
            string configuration = folder.Write("pgbouncer.ini", $"""
                [databases]
                * = host={server.Host} port={server.Port}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = scram-sha-256
                auth_file = {users}
                pool_mode = {mode}
                ignore_startup_parameters = extra_float_digits
                """);

            // It refuses to run as root; the user it becomes reads its files before.
            string[] asUser = Environment.IsPrivilegedProcess ? ["-u", "nobody"] : [];
            var pooler = new Pooler(folder, Process.Start(new ProcessStartInfo(program, [.. asUser, "-q", configuration]))!, server with { Port = port });
            await Wait.UntilAsync(pooler.AnswersAsync);
            return pooler;
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
            _folder.Dispose();
        }

        private async Task<bool> AnswersAsync()
        {
            Assert.False(_process.HasExited);
            try
            {
                await using NpgsqlConnection connection = await Address.OpenAsync(default, "test");
                return true;
            }
            catch (DeployException e) when (e.Code == ErrorTable.DatabaseUnreachable)
            {
                return false;
            }
        }
    }
}
