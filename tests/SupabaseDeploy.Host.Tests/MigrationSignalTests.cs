using SupabaseDeploy.Deployments;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>A migration whose process is asked to end, or is killed, in the middle of a statement.</summary>
public sealed class MigrationSignalTests : IAsyncLifetime
{
    private const int Kill = 9;
    private const int Terminate = 15;

    private const string Running = "select count(*) from pg_stat_activity where datname = current_database() and state = 'active' and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()";

    private readonly TemporaryFolder _folder = new();
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_signal_to_end_rolls_back_and_frees_the_lock_before_the_process_is_gone()
    {
        using EngineRun run = await StartLongMigrationAsync();

        run.Signal(Terminate);
        await run.EndAsync();

        Assert.Equal(0L, await _database.ScalarAsync<long>(Running));
        Assert.Null(await DeploymentLock.FindOwnerAsync(_database.Application, default));
        Assert.Equal(0L, await _database.ScalarAsync<long>("select count(*) from supabase_migrations.schema_migrations"));
    }

    [Fact]
    public async Task After_kill_9_the_next_run_starts_from_what_the_history_says()
    {
        using (EngineRun killed = await StartLongMigrationAsync())
        {
            killed.Signal(Kill);
            await killed.EndAsync();
        }

        _folder.Write("migrations/1_long.sql", "create table a (id int)");
        using EngineRun again = Start();
        EngineResult result = await again.EndAsync();

        Assert.Equal((0, "1"), (result.ExitCode, result.Output.TrimEnd().Split('\n')[^1].Trim()));
        Assert.Contains("that process has ended without finishing", result.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Equal(0L, await _database.ScalarAsync<long>(Running));
        Assert.Equal(1L, await _database.ScalarAsync<long>("select count(*) from supabase_migrations.schema_migrations"));
    }

    private async Task<EngineRun> StartLongMigrationAsync()
    {
        _folder.Write("migrations/1_long.sql", "create table a (id int);\nselect pg_sleep(600);");
        EngineRun run = Start();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await _database.ScalarAsync<long>(Running) == 0)
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }

        return run;
    }

    private EngineRun Start()
    {
        string url = _database.Application.ToUrl();
        string script = _folder.Write("migrate.ps1", $"""
            Import-Module '{Repository.ModuleManifest}'
            (Invoke-Migration -DatabaseUrl '{url}' -Path '{_folder.Path}' -LockTimeout 30s).Applied.Count
            """);
        return EngineRun.Start(Engine.Host.Program, ["-File", script], _folder.Path);
    }
}
