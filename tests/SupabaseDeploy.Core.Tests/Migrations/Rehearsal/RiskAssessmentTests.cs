using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class RiskAssessmentTests
{
    private const long Gigabyte = 1L << 30;

    private static readonly EnvironmentStatistics s_statistics = new(new Dictionary<string, TableStatistics>
    {
        ["public.messages"] = new("public.messages", 41_000_000, 8 * Gigabyte, 12 * Gigabyte),
        ["public.users"] = new("public.users", 900, 80 * 1024, 120 * 1024),
        ["public.drafts"] = new("public.drafts", 0, 0, 8192),
    });

    [Theory]
    [InlineData("public.messages", RehearsalRisk.High, "Rewrites public.messages (41 M rows, 12 GB): reads and writes are blocked for 2.6 min to 17.1 min.")]
    [InlineData("public.users", RehearsalRisk.Low, "Rewrites public.users (900 rows, 120 kB): reads and writes are blocked for less than 1 s.")]
    public void A_rewrite_is_as_bad_as_the_table_is_big(string table, RehearsalRisk risk, string message)
    {
        StatementRisk found = Assert.Single(Assess(s_statistics, Rewrite(table))[0].Risks);

        Assert.Equal((risk, message.Replace("2.6 min", "3 min", StringComparison.Ordinal).Replace("17.1", "17", StringComparison.Ordinal)), (found.Risk, found.Message));
        Assert.StartsWith("Expand and contract", found.SafeWay, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public.drafts")]
    [InlineData("public.made_by_an_earlier_pending_file")]
    public void An_empty_table_has_no_risk(string table) => Assert.Empty(Assess(s_statistics, Rewrite(table), Drop(table))[0].Risks);

    [Fact]
    public void Without_an_environment_a_rewrite_is_the_worst()
    {
        StatementRisk found = Assert.Single(Assess(null, Rewrite("public.users"))[0].Risks);

        Assert.Equal((RehearsalRisk.High, "Rewrites public.users: reads and writes are blocked for as long as that takes."), (found.Risk, found.Message));
    }

    [Fact]
    public void A_short_lock_becomes_long_when_long_work_follows_in_its_transaction()
    {
        StatementObservation brief = Statement("alter table users add age int", 1, Lock("public.users", LockMode.AccessExclusive));

        Assert.Equal(
            "Takes ACCESS EXCLUSIVE on public.users: it waits for whoever uses it, and reads and writes that come later wait behind it.",
            Assert.Single(Assess(s_statistics, brief)[0].Risks).Message);
        AssessedStatement held = Assess(s_statistics, brief, Rewrite("public.messages"))[0];
        Assert.Equal(
            (RehearsalRisk.High, "Holds ACCESS EXCLUSIVE on public.users until the transaction ends, and public.messages comes in between: reads and writes are blocked for 3 min to 17 min."),
            (held.Risks[0].Risk, held.Risks[0].Message));
        Assert.Equal("3 min to 17 min", held.Observation.Locks[0].HeldThere!.ToString());
        Assert.Equal(RehearsalRisk.Low, Assess(s_statistics, brief, Rewrite("public.messages") with { Transaction = 2 })[0].Risks[0].Risk);
    }

    [Fact]
    public void Work_that_blocks_nobody_has_a_time_and_no_risk()
    {
        StatementObservation concurrently = Statement("create index concurrently i on messages (id)", 0, Lock("public.messages", LockMode.ShareUpdateExclusive)) with
        {
            Work = [new RelationWork { Kind = RelationWorkKind.IndexBuild, Relation = "public.messages" }],
        };

        StatementRisk found = Assert.Single(Assess(s_statistics, concurrently)[0].Risks);

        Assert.Equal((RehearsalRisk.None, "Builds an index from all of public.messages (41 M rows, 12 GB): takes 68.3 s to 7 min, reads and writes go on.", null), (found.Risk, found.Message, found.SafeWay));
    }

    [Theory]
    [InlineData("create index on messages (id)", RelationWorkKind.IndexBuild, LockMode.Share, "Use CREATE INDEX CONCURRENTLY in a migration file of its own: it blocks neither reads nor writes.")]
    [InlineData("alter table messages add unique (id)", RelationWorkKind.IndexBuild, LockMode.AccessExclusive, "Build the index first")]
    [InlineData("alter table messages add check (id > 0)", RelationWorkKind.Scan, LockMode.AccessExclusive, "ADD CONSTRAINT … CHECK … NOT VALID first")]
    [InlineData("alter table messages alter id set not null", RelationWorkKind.Scan, LockMode.AccessExclusive, "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID")]
    [InlineData("alter table messages add foreign key (id) references users", RelationWorkKind.Scan, LockMode.ShareRowExclusive, "ADD CONSTRAINT … FOREIGN KEY … NOT VALID first")]
    [InlineData("alter table messages add t uuid default gen_random_uuid()", RelationWorkKind.Rewrite, LockMode.AccessExclusive, "Add the column without the default")]
    [InlineData("vacuum full messages", RelationWorkKind.Rewrite, LockMode.AccessExclusive, "Use plain VACUUM")]
    public void There_is_a_safe_way_to_write_it(string sql, RelationWorkKind kind, LockMode mode, string safeWay)
    {
        StatementObservation statement = Statement(sql, 1, Lock("public.messages", mode)) with { Work = [new RelationWork { Kind = kind, Relation = "public.messages" }] };

        StatementRisk found = Assert.Single(Assess(s_statistics, statement)[0].Risks);

        Assert.Equal(RehearsalRisk.High, found.Risk);
        Assert.StartsWith(safeWay, found.SafeWay, StringComparison.Ordinal);
    }

    [Fact]
    public void Dropped_data_is_counted_where_it_is()
    {
        AssessedStatement assessed = Assess(s_statistics, Drop("public.messages"))[0];

        Assert.Equal((RehearsalRisk.High, "Drops table public.messages with its data (41 M rows, 12 GB in the table)."), (assessed.Risks[0].Risk, assessed.Risks[0].Message));
        Assert.Equal(41_000_000, assessed.Observation.Drops[0].Rows);
    }

    private static IReadOnlyList<AssessedStatement> Assess(EnvironmentStatistics? statistics, params StatementObservation[] statements) =>
        new RiskAssessment(statistics).Assess(statements);

    private static StatementObservation Rewrite(string table) => Statement($"alter table {table} alter id type bigint", 1, Lock(table, LockMode.AccessExclusive)) with
    {
        Work = [new RelationWork { Kind = RelationWorkKind.Rewrite, Relation = table }],
    };

    private static StatementObservation Drop(string table) => Statement($"drop table {table}", 1) with
    {
        Drops = [new DroppedObject { Kind = "table", Name = table, Relation = table }],
    };

    private static StatementObservation Statement(string sql, int transaction, params ObservedLock[] locks) => new()
    {
        Statement = SqlSplitter.Split(sql).Single(),
        Duration = TimeSpan.Zero,
        Transaction = transaction,
        Locks = locks,
    };

    private static ObservedLock Lock(string relation, LockMode mode) => new() { Relation = relation, RelationKind = "table", Mode = mode };
}
