using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class MigrationRehearserTests : ShadowTest
{
    [Fact]
    public async Task What_is_pending_in_a_database_is_judged_by_its_tables_and_leaves_it_alone()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        Write("1_start.sql", "create table messages (id int primary key, amount int); create table drafts (id int primary key, amount int);");
        await new MigrationRunner().ApplyAsync(
            new MigrationRequest { Environment = Environment(database.Application), Database = database.Application, Folder = MigrationsFolder }, Sink, CancellationToken.None);
        await database.ExecuteAsync("insert into messages select n, n from generate_series(1, 20000) n; analyze messages;");
        Write("2_wider.sql", "alter table messages alter amount type bigint;\nalter table drafts alter amount type bigint;\ndrop table messages;");

        (RehearsalSummary summary, List<StatementRehearsal> statements) = await RehearseAsync(database.Application);

        Assert.Equal([("2_wider.sql", 1), ("2_wider.sql", 2), ("2_wider.sql", 3)], statements.Select(statement => (statement.File, statement.Line)));
        RelationWork work = Assert.Single(statements[0].Work);
        Assert.Equal((RelationWorkKind.Rewrite, "public.messages", 20000L), (work.Kind, work.Relation, work.Rows));
        Assert.StartsWith("Rewrites public.messages (20 k rows, ", statements[0].Risks[0].Message, StringComparison.Ordinal);
        Assert.Equal(RehearsalRisk.Low, statements[0].Risk);
        Assert.DoesNotContain(statements[1].Risks, risk => risk.Message.StartsWith("Rewrites", StringComparison.Ordinal));
        Assert.Equal(RehearsalRisk.High, statements[2].Risk);
        Assert.Equal(20000, Assert.Single(statements[2].Drops).Rows);
        Assert.Equal((1, 3, RehearsalRisk.High, true), (summary.Files.Count, summary.Statements, summary.Risk, summary.IsPassed));
        Assert.Equal("1", await database.ScalarAsync<string>("select string_agg(version, ',') from supabase_migrations.schema_migrations"));
        Assert.Equal("integer", await database.ScalarAsync<string>("select format_type(atttypid, -1) from pg_attribute where attrelid = 'messages'::regclass and attname = 'amount'"));
        Assert.Empty(Directory.GetFileSystemEntries(Folders.Shadows));
    }

    [Fact]
    public async Task Without_a_database_the_files_themselves_are_rehearsed_until_one_fails()
    {
        Write("1_start.sql", "create table a (id int primary key);");
        Write("2_broken.sql", "alter table a add n int;\nalter table a add n int;");
        Write("3_never.sql", "select 1");

        (RehearsalSummary summary, List<StatementRehearsal> statements) = await RehearseAsync(null);

        Assert.Equal(["1_start.sql:1", "2_broken.sql:1", "2_broken.sql:2"], statements.Select(statement => statement.ToString()));
        Assert.StartsWith("'2_broken.sql' failed at line 2, column 1: column \"n\" of relation \"a\" already exists (SQLSTATE 42701)\n  2 | alter table a add n int;\n    | ^", statements[^1].Failure, StringComparison.Ordinal);
        Assert.Equal((false, RehearsalRisk.Failed, 2), (summary.IsPassed, summary.Risk, summary.Files.Count));
        Assert.Equal([("1", DownOutcome.Missing)], summary.Downs.Select(down => (down.Version, down.Outcome)));
        Assert.Contains(statements[0].Findings, finding => finding.RuleId == "rls-disabled");
        Assert.Empty(Directory.GetFileSystemEntries(Folders.Shadows));
    }

    [Fact]
    public async Task What_the_API_serves_is_taken_from_the_configuration_of_the_project()
    {
        Write("1_start.sql", "create schema api;\ncreate table api.a (id int primary key);\ncreate table b (id int primary key);");
        Write("../supabase/config.toml", "[api]\nschemas = [\"api\"]\n");

        (_, List<StatementRehearsal> statements) = await RehearseAsync(null);

        Assert.Equal(["api.a"], statements.SelectMany(statement => statement.Findings).Where(finding => finding.RuleId == "rls-disabled").Select(finding => finding.Object));
    }

    [Fact]
    public async Task The_last_files_are_rehearsed_after_the_ones_before_them()
    {
        Write("1_start.sql", "create table a (id int primary key);");
        Write("2_more.sql", "alter table a add n int;");
        Write("3_last.sql", "alter table a drop column n;");

        (RehearsalSummary last, List<StatementRehearsal> statements) = await RehearseAsync(null, request => request with { Last = 1, SkipDown = true });
        (RehearsalSummary from, _) = await RehearseAsync(null, request => request with { From = "2", SkipDown = true });

        Assert.Equal("drops table column public.a.n", $"drops {Assert.Single(Assert.Single(statements).Drops)}");
        Assert.Null(statements[0].Down);
        Assert.Equal(["3_last.sql"], last.Files.Select(file => file.FileName));
        Assert.Equal(["2_more.sql", "3_last.sql"], from.Files.Select(file => file.FileName));
        Assert.Equal(last.ChainHash, from.ChainHash);
        DeployException unknown = await Assert.ThrowsAsync<DeployException>(() => RehearseAsync(null, request => request with { From = "7" }));
        Assert.Equal(ErrorTable.RehearsalVersionNotFound, unknown.Code);
    }

    [Fact]
    public async Task A_cancelled_rehearsal_leaves_no_server()
    {
        Write("1_long.sql", "select pg_sleep(600)");
        using var stop = new CancellationTokenSource();
        Task rehearsal = new MigrationRehearser(Shadows).RehearseAsync(Request(null), _ => { }, Sink, stop.Token);
        await Wait.UntilAsync(() => Sink.Events.OfType<ActivityProgress>().Any(progress => progress.Operation == "1_long.sql (1 of 1)"));

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rehearsal);
        Assert.Empty(Directory.GetFileSystemEntries(Folders.Shadows));
    }

    private async Task<(RehearsalSummary Summary, List<StatementRehearsal> Statements)> RehearseAsync(
        DatabaseAddress? database, Func<RehearsalRequest, RehearsalRequest>? change = null)
    {
        var statements = new List<StatementRehearsal>();
        RehearsalRequest request = Request(database);
        return (await new MigrationRehearser(Shadows).RehearseAsync(change?.Invoke(request) ?? request, statements.Add, Sink, CancellationToken.None), statements);
    }

    private RehearsalRequest Request(DatabaseAddress? database) => new() { Environment = Environment(database), Folder = MigrationsFolder, Database = database };

    private DeploymentEnvironment Environment(DatabaseAddress? database) =>
        DeploymentEnvironment.ForDatabase(database ?? new DatabaseAddress { Host = "127.0.0.1", Database = "none", User = "nobody" }, MigrationsFolder);
}
