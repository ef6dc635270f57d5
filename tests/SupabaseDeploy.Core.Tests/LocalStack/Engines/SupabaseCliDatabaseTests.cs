using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Targets.Local;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>What is done to the database of a stack that the Supabase CLI runs.</summary>
public sealed class SupabaseCliDatabaseTests
{
    [Fact]
    public async Task A_reset_is_the_CLIs_and_the_ledger_goes_on_also_when_it_fails()
    {
        await using CliProject project = await CliProject.CreateAsync();
        await project.StartAsync();

        LocalStackReset first = await ResetAsync(project);
        LocalStackReset second = await ResetAsync(project, "1");
        project.Write("supabase/migrations/3_broken.sql", "create table;");
        var error = await Assert.ThrowsAsync<DeployException>(() => ResetAsync(project));

        Assert.Equal(("2", 2), (first.Version, first.Total));
        Assert.Equal(("1", 1), (second.Version, second.Total));
        Assert.Equal(ErrorTable.SupabaseCliFailed, error.Code);
        Assert.Contains("Applying migration 3_broken.sql", error.Message, StringComparison.Ordinal);
        Assert.Equal(["start", "db reset --no-seed", "db reset --version --no-seed", "db reset --no-seed"], project.Calls());
        DatabaseAddress database = (await StackEngines.Of(project.Context).FindDatabaseAsync(CancellationToken.None))!;
        IReadOnlyList<Deployment> past = await new Ledger(project.Environment, database).GetDeploymentsAsync(CancellationToken.None);
        Assert.Equal([DeploymentKind.Reset, DeploymentKind.Reset], past.Select(deployment => deployment.Kind));
    }

    [Fact]
    public async Task The_ledger_survives_a_kill_in_the_middle_of_a_reset()
    {
        await using CliProject project = await CliProject.CreateAsync();
        await project.StartAsync();
        await ResetAsync(project);
        string file = StackFolder.Of(project.Environment).KeptLedgerFile;
        Assert.False(File.Exists(file));

        var request = new ProcessRequest("dotnet", [Repository.KilledProcess, "clireset", project.Root, "Applying migration", Path.Combine(Repository.Root, "tests", "stand-ins")]);
        ProcessResult killed = await ChildProcess.RunAsync(request, CancellationToken.None);

        Assert.True(killed.ExitCode == 137, killed.Error);
        DatabaseAddress database = (await StackEngines.Of(project.Context).FindDatabaseAsync(CancellationToken.None))!;
        var ledger = new Ledger(project.Environment, database);
        Assert.Empty(await ledger.GetDeploymentsAsync(CancellationToken.None));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var sink = new CollectingSink();

        await project.StartAsync(LocalStackEngine.Auto, sink);

        Assert.Single(await ledger.GetDeploymentsAsync(CancellationToken.None));
        Assert.Contains(sink.Events, said => said is Caution { Message: var message } && message.StartsWith("A reset of 'local' was killed: its ledger is brought back", StringComparison.Ordinal));
        Assert.False(File.Exists(file));
        await ResetAsync(project);
        Assert.Equal(2, (await ledger.GetDeploymentsAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_ledger_that_cannot_be_put_back_waits_and_hides_no_failure_of_the_CLI()
    {
        await using CliProject project = await CliProject.CreateAsync();
        await project.StartAsync();
        await ResetAsync(project);
        project.Write("supabase/migrations/3_taken.sql", "create schema supabase_deploy; create table supabase_deploy.schema_version (other int);");
        project.Write("supabase/migrations/4_broken.sql", "create table;");
        var sink = new CollectingSink();

        var error = await Assert.ThrowsAsync<DeployException>(() => ResetAsync(project, sink: sink));

        Assert.Equal(ErrorTable.SupabaseCliFailed, error.Code);
        string file = StackFolder.Of(project.Environment).KeptLedgerFile;
        Assert.True(File.Exists(file));
        Assert.Contains(sink.Events, said => said is Caution { Message: var message } && message.Contains($"waits in '{file}' for the next start", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deployment_after_a_killed_reset_finds_the_ledger_back()
    {
        await using CliProject project = await CliProject.CreateAsync();
        await project.StartAsync();
        await ResetAsync(project);
        ILocalStackEngine engine = StackEngines.Of(project.Context);
        var ledger = new Ledger(project.Environment, (await engine.FindDatabaseAsync(CancellationToken.None))!);
        IReadOnlyList<Deployment> past = await ledger.GetDeploymentsAsync(CancellationToken.None);
        LedgerImage image = await Ledger.KeepAsync(ledger.Database, CancellationToken.None);
        await ResetLedger.WriteAsync(
            StackFolder.Of(project.Environment), ResetLedger.Of(past, [], image), CancellationToken.None);
        await using (var connection = await ledger.Database.OpenAsync(CancellationToken.None))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "drop schema supabase_deploy cascade";
            await command.ExecuteNonQueryAsync();
        }

        await new UnfinishedRestores(new LocalTargets(engine)).SettleAsync(project.Environment, TimeSpan.Zero, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(past.Select(deployment => deployment.Id), (await ledger.GetDeploymentsAsync(CancellationToken.None)).Select(deployment => deployment.Id));
        Assert.False(File.Exists(StackFolder.Of(project.Environment).KeptLedgerFile));
    }

    [Fact]
    public async Task Files_that_the_CLI_does_not_know_are_refused_before_anything_is_lost()
    {
        await using CliProject project = await CliProject.CreateAsync();
        await project.StartAsync();
        project.Write("migrations/1_first.sql", "create table first (id int);");

        var error = await Assert.ThrowsAsync<DeployException>(() => ResetAsync(project, environment: project.Environment with { MigrationsFolder = Path.Combine(project.Root, "migrations") }));

        Assert.Equal(ErrorTable.ResetNotPossible, error.Code);
        Assert.Equal(["start"], project.Calls());
    }

    [Fact]
    public async Task Migrations_that_config_toml_switches_off_are_not_applied_and_no_version_of_them_is_reset_to()
    {
        await using CliProject project = await CliProject.CreateAsync();
        await project.StartAsync();
        project.Write("supabase/config.toml", "project_id = \"shop\"\n[db.migrations]\nenabled = false\n");

        LocalStackReset reset = await ResetAsync(project);
        var error = await Assert.ThrowsAsync<DeployException>(() => ResetAsync(project, "1"));

        Assert.Equal((null, 0), (reset.Version, reset.Total));
        Assert.Equal(ErrorTable.ResetNotPossible, error.Code);
        Assert.Contains("db.migrations.enabled = false", error.Message, StringComparison.Ordinal);
        Assert.Equal(["start", "db reset --no-seed"], project.Calls());
    }

    [Fact]
    public async Task The_administration_is_the_images_superuser()
    {
        await using CliProject project = await CliProject.CreateAsync();
        await project.StartAsync();

        DatabaseAddress administration = (await StackEngines.Of(project.Context).FindAdministrationAsync(CancellationToken.None))!;

        await using var connection = await administration.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        command.CommandText = "select rolsuper from pg_roles where rolname = current_user";
        Assert.True((bool)(await command.ExecuteScalarAsync())!);
    }

    private static Task<LocalStackReset> ResetAsync(CliProject project, string? to = null, DeploymentEnvironment? environment = null, IProgressSink? sink = null) =>
        project.Resetter.ResetAsync(
            new ResetRequest { Environment = environment ?? project.Environment, To = to, IncludeSeed = false }, sink ?? NullProgressSink.Instance, CancellationToken.None);

    private sealed class LocalTargets(ILocalStackEngine engine) : IDeploymentTargets
    {
        public IDeploymentTarget For(DeploymentEnvironment environment) => new LocalTarget(environment, TimeProvider.System, engine);
    }
}
