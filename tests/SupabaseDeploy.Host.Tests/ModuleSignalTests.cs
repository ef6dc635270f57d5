using SupabaseDeploy.Deployments;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>A signal while a command of the module works: what it holds is released before the process ends, under either engine.</summary>
public sealed class ModuleSignalTests
{
    private const string Sleeping = "select count(*) from pg_stat_activity where datname = current_database() and query like '%pg_sleep(600)%' and state = 'active' and pid <> pg_backend_pid()";

    public static TheoryData<string, int, int> Signals =>
        [.. from engine in Engine.All
            from signal in (int[])[2, 15, 1]
            select (engine.Name, signal, signal == 2 ? 0 : 128 + signal)];

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task An_interrupted_migration_is_rolled_back_and_its_lock_is_free_when_the_process_has_ended(string engineName, int signal, int exitCode)
    {
        Engine engine = Engine.All.Single(candidate => candidate.Name == engineName);
        await using TestDatabase database = await TestDatabase.CreateAsync();
        using var folder = new TemporaryFolder();
        folder.Write("migrations/1_long.sql", "create table a (id int);\nselect pg_sleep(600);");
        string url = $"postgresql://{database.Application.User}:{database.Application.Password!.Reveal()}@{database.Application.Host}:{database.Application.Port}/{database.Application.Database}";
        string script = folder.Write("migrate.ps1", $"""
            Import-Module SupabaseDeploy
            Invoke-Migration -DatabaseUrl '{url}' -Path "$PWD/migrations" -Confirm:$false
            'after'
            """);
        using EngineRun run = EngineRun.Start(engine.Program, ["-NoProfile", "-File", script], folder.Path);
        await UntilSleepingAsync(database, run);

        run.Signal(signal);
        EngineResult result = await run.EndAsync();

        Assert.True(exitCode == result.ExitCode, $"Exit code {result.ExitCode}.\n{result.Output}\n{result.Errors}");
        Assert.Equal(0, await database.ScalarAsync<long>(Sleeping));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_tables where tablename = 'a'"));
        Assert.Null(await DeploymentLock.FindOwnerAsync(database.Application, CancellationToken.None));
        Assert.DoesNotContain("after", result.Output, StringComparison.Ordinal);
    }

    private static async Task UntilSleepingAsync(TestDatabase database, EngineRun run)
    {
        while (await database.ScalarAsync<long>(Sleeping) == 0)
        {
            run.EnsureRunning();
            await database.ExecuteAsync("select pg_sleep(0.05)");
        }
    }
}
