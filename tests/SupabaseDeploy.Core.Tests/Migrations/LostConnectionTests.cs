using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>The connection ends when a file is committed: whether it was is read from the history, never guessed.</summary>
public sealed class LostConnectionTests : MigrationTest
{
    private const string File = "create table cut_here (id int); insert into cut_here values (1);";

    [Fact]
    public async Task A_file_whose_commit_reached_the_server_counts_as_applied_and_the_run_goes_on()
    {
        Write("1_a.sql", File);
        Write("2_b.sql", "insert into cut_here values (2);");
        await using var proxy = new CuttingProxy(Database.Application, "create table cut_here", reachesServer: true);

        MigrationRun run = await new MigrationRunner().ApplyAsync(Request with { Database = proxy.Address }, Sink, default);

        Assert.Equal(1, proxy.Cuts);
        Assert.Equal(["1", "2"], run.Applied.Select(migration => migration.Version));
        Assert.Equal(["1", "2"], await QueryAsync("select id::text from cut_here order by 1"));
        Caution caution = Assert.Single(Sink.Events.OfType<Caution>());
        Assert.StartsWith("The connection was lost when '1_a.sql' was committed (", caution.Message, StringComparison.Ordinal);
        Assert.EndsWith("The history says that it was: going on.", caution.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_whose_commit_did_not_reach_the_server_is_an_error_that_says_that_nothing_was_kept()
    {
        Write("1_a.sql", File);
        await using var proxy = new CuttingProxy(Database.Application, "create table cut_here", reachesServer: false);
        MigrationRequest request = Request with { Database = proxy.Address };

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => new MigrationRunner().ApplyAsync(request, Sink, default));

        Assert.Equal(ErrorTable.MigrationConnectionLost, e.Code);
        Assert.StartsWith("The connection was lost while '1_a.sql' ran: ", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("\nThe history was asked again: nothing of this file was kept.", e.Message, StringComparison.Ordinal);
        Assert.Empty(await QueryAsync("select version from supabase_migrations.schema_migrations"));
        Assert.Equal(["1"], (await new MigrationRunner().ApplyAsync(request, Sink, default)).Applied.Select(migration => migration.Version));
    }

    [Fact]
    public async Task A_file_outside_a_transaction_is_not_said_to_have_left_nothing()
    {
        Write("1_a.sql", "-- pg-delta: transaction=false\n" + File);
        await using var proxy = new CuttingProxy(Database.Application, "create table cut_here", reachesServer: true);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => new MigrationRunner().ApplyAsync(Request with { Database = proxy.Address }, Sink, default));

        Assert.EndsWith("The file is not recorded as applied. It runs outside a transaction: statements of it may have been kept.", e.Message, StringComparison.Ordinal);
    }
}
