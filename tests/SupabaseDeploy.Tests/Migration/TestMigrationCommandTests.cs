using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Migration;

public sealed class TestMigrationCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModuleSession _session;

    public TestMigrationCommandTests()
    {
        _session = new ModuleSession(_folder.Path);
        _folder.Write("my files/supabase/migrations/1_start.sql", "create table a (id int primary key);\nalter table a enable row level security;");
        _folder.Write("my files/supabase/migrations/2_more.sql", "-- wider\nalter table a alter id type bigint;");
        _folder.Write("my files/supabase/migrations/down/2_more.sql", "alter table a alter id type int;");
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_folder_is_rehearsed_without_any_database_as_a_table_by_file()
    {
        string table = _session.Show("Test-Migration -Path './my files/supabase/migrations'");

        Assert.Matches(@"File: 1_start\.sql[\s\S]+Line\s+Risk\s+Duration\s+Statement\s+What it does[\s\S]+ 1 \w+\s+[\d.]+ s create table a", table);
        Assert.Matches(@"File: 2_more\.sql[\s\S]+ 2 High\s+[\d.]+ s alter table a alter id type bigint;?\s+Rewrites public\.a: reads", table);
    }

    [Fact]
    public void A_summary_holds_the_proofs_and_is_written_when_there_is_nothing_too()
    {
        SessionResult result = _session.Run("$s = Test-Migration -Path 'my files' -Last 1 -Summary; $s.Files.Count; $s.Risks[0]; [string]$s.Downs[0].Outcome; [string]$s.Risk; $s.IsPassed");

        Assert.Null(result.Error);
        Assert.Equal(["1", "2_more.sql:2: Rewrites public.a: reads and writes are blocked for as long as that takes.", "Proven", "High", "True"], result.Output.Select(value => value.ToString()));
    }

    [Fact]
    public void FailOn_writes_every_statement_and_then_stops_the_script()
    {
        SessionResult result = _session.Run("Test-Migration -Path 'my files' -Last 1 -SkipDown -FailOn Medium; 'not reached'");

        Assert.Equal("2_more.sql", Assert.Single(result.Output).Properties["File"].Value);
        Assert.StartsWith("RequirementNotMet", result.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("2_more.sql:2 High: Rewrites public.a", result.Error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_statement_that_fails_is_written_and_fails_the_command_with_its_place()
    {
        _folder.Write("my files/supabase/migrations/3_broken.sql", "select 1;\nselect mising;");

        SessionResult result = _session.Run("Test-Migration -Path 'my files' -Last 1; 'not reached'");

        Assert.Equal(["None", "Failed"], result.Output.Select(statement => statement.Properties["Risk"].Value.ToString()));
        Assert.StartsWith("RehearsalFailed", result.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("'3_broken.sql' failed at line 2, column 8: column \"mising\" does not exist (SQLSTATE 42703)\n  2 | select mising;", result.Error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_of_another_command_brings_its_environment()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        string url = database.Application.ToUrl();

        SessionResult result = _session.Run(
            $"$run = Invoke-Migration -DatabaseUrl '{url}' -Path 'my files'; $run | Test-Migration; ($run | Test-Migration -Summary).Statements; (Test-Migration -DatabaseUrl '{url}' -Path 'my files' -Summary).Files.Count");

        Assert.Null(result.Error);
        Assert.Equal(["0", "0"], result.Output.Select(value => value.ToString()));
    }
}
