using System.Management.Automation;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Environment;

public sealed class CompareEnvironmentTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TestDatabase _left = null!;
    private TestDatabase _right = null!;
    private ModuleSession _session = null!;

    public async ValueTask InitializeAsync()
    {
        (_left, _right) = (await TestDatabase.CreateAsync(), await TestDatabase.CreateAsync());
        const string same = "create table notes (id int primary key, note text); alter table notes enable row level security";
        await _left.ExecuteAsync(same);
        await _right.ExecuteAsync(same);
        _folder.Write("migrations/001_notes.sql", same);
        _folder.Write(
            "env/pipeline.yml",
            """
            application: notes
            stages:
              - { name: local, target: local }
              - { name: staging, target: supabase-cloud, project: abcdefghijklmnopqrst, database: "${LEFT_URL}" }
            """);
        _folder.Write("env/local.json", "{}");
        _folder.Write("env/staging.json", "{}");
        _session = new ModuleSession(_folder.Path);
        _session.Runspace.SessionStateProxy.SetVariable("left", Url(_left.Administration));
        _session.Runspace.SessionStateProxy.SetVariable("right", Url(_right.Administration));
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await _left.DisposeAsync();
        await _right.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void Equal_schemas_write_nothing_and_say_so()
    {
        SessionResult result = _session.Run("Compare-Environment $left $right -FailOn Low -InformationVariable said; [string]$said");

        Assert.Null(result.Error);
        Assert.Contains("have the same schema", Assert.Single(result.Output).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_difference_is_one_object_with_both_texts_and_a_query_that_shows_it()
    {
        await _right.ExecuteAsync("alter table notes disable row level security; comment on table notes is 'x'; create table more (id int)");

        SessionResult result = _session.Run("Compare-Environment $left $right");

        Assert.Equal(
            ["High Table public.more", "High RowSecurity public.notes", "Low Comment table public.notes"],
            result.Output.Select(each => $"{Value(each, "Severity")} {Value(each, "Kind")} {Value(each, "Name")}"));
        Assert.Null(Value(result.Output[0], "Left"));
        Assert.Equal(("enabled", "disabled"), (Value(result.Output[1], "Left"), Value(result.Output[1], "Right")));
        Assert.Contains("relrowsecurity", (string)Value(result.Output[1], "Sql")!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kind_and_schema_choose_and_FailOn_stops_the_script_after_everything_was_written()
    {
        await _right.ExecuteAsync("alter table notes disable row level security; comment on table notes is 'x'; create schema app; create table app.more (id int)");

        Assert.Single(_session.Run("Compare-Environment $left $right -Kind Comment -FailOn High").Output);
        Assert.Single(_session.Run("Compare-Environment $left $right -Schema ap*").Output);
        SessionResult failed = _session.Run("Compare-Environment $left $right -FailOn High; 'not reached'");

        Assert.Equal(4, failed.Output.Count);
        Assert.StartsWith("RequirementNotMet,", failed.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("2 differences are 'High' or worse: Table app.more: only in ", failed.Error?.Exception.Message, StringComparison.Ordinal);
        Assert.IsAssignableFrom<ActionPreferenceStopException>(failed.Thrown);
    }

    [Fact]
    public async Task A_folder_of_migrations_stands_on_either_side()
    {
        await _left.ExecuteAsync("alter table notes add column byhand text");

        SessionResult result = _session.Run(
            """
            Compare-Environment -DatabaseUrl $left -Path ./migrations
            Compare-Environment ./migrations $right -FailOn Low
            """);

        Assert.Null(result.Error);
        Assert.Equal("public.notes.byhand", Value(Assert.Single(result.Output), "Name"));
    }

    [Fact]
    public async Task A_backup_is_compared_with_the_database_it_was_taken_of()
    {
        SessionResult taken = _session.Run("$taken = Backup-Deployment -DatabaseUrl $left; $taken | Compare-Environment $left -FailOn Low");
        await _left.ExecuteAsync("drop table notes");
        SessionResult result = _session.Run("Compare-Environment $left $taken.Id; Compare-Environment $left latest");

        Assert.Null(taken.Error);
        Assert.Null(result.Error);
        Assert.Equal(["public.notes", "public.notes"], result.Output.Select(each => Value(each, "Name")));
        Assert.All(result.Output, each => Assert.StartsWith("only in backup ", (string)Value(each, "State")!, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_nothing_to_compare_is_named_with_what_could_be_given_and_a_password_is_not()
    {
        SessionResult unknown = _session.Run("Compare-Environment stagging $right");
        SessionResult alone = _session.Run("Compare-Environment ./migrations");
        SessionResult unpublished = _session.Run("Compare-Environment $left");

        Assert.Equal(
            "'stagging' cannot be compared: it is no environment (local, staging), no folder, and no backup's id.",
            unknown.Error?.Exception.Message);
        Assert.StartsWith("NothingToCompare,", alone.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("NoRecordedSchema,", unpublished.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.DoesNotContain(_left.Administration.Password!.Reveal(), unpublished.Error!.ToString(), StringComparison.Ordinal);
    }

    private static object? Value(PSObject output, string property) => output.Properties[property].Value is PSObject wrapped ? wrapped.BaseObject : output.Properties[property].Value is Enum name ? name.ToString() : output.Properties[property].Value;

    private static string Url(DatabaseAddress address) =>
        $"postgresql://{address.User}:{address.Password!.Reveal()}@{address.Host}:{address.Port}/{address.Database}";
}
