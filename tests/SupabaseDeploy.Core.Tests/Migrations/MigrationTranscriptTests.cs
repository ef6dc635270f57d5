using System.Collections.Concurrent;
using System.Diagnostics;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>Every statement that a run sends to the database, compared whole with an approved file.</summary>
public sealed class MigrationTranscriptTests : MigrationTest
{
    [Fact]
    public async Task The_SQL_of_a_run_of_two_files_is_the_approved_one()
    {
        Write("1_first.sql", "create table a (id int);\ninsert into a values (1);");
        Write("2_second.sql", "create index concurrently ix on a (id);");
        var sent = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => Record(activity, sent),
        };
        ActivitySource.AddActivityListener(listener);

        await ApplyAsync();

        string approved = Path.Combine(Repository.Root, "tests", "SupabaseDeploy.Core.Tests", "Migrations", "two-files.approved.sql");
        string received = string.Concat(sent.Select(sql => sql.Trim() + "\n-- end of round trip\n"));
        // To approve a change, copy this file over the approved one.
        await File.WriteAllTextAsync(Path.Combine(AppContext.BaseDirectory, "two-files.received.sql"), received);
        Assert.Equal(await File.ReadAllTextAsync(approved), received);
    }

    private void Record(Activity activity, ConcurrentQueue<string> sent)
    {
        bool isOurs = activity.TagObjects.Any(tag => Database.Application.Database.Equals(tag.Value as string, StringComparison.Ordinal));
        if (isOurs && (activity.GetTagItem("db.query.text") ?? activity.GetTagItem("db.statement")) is string sql)
        {
            sent.Enqueue(sql);
        }
    }
}
