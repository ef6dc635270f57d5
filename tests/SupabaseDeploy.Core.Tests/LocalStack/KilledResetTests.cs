using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class KilledResetTests
{
    private const string Courses = "select string_agg(name, ',' order by id) from courses";

    [Theory]
    // Before the exchange the old database is there, while it runs and while it is stopped; after it, the new one.
    [InlineData("Stopping the server for", "Algebra,mine")]
    [InlineData("Exchanging the data", "Algebra,mine")]
    [InlineData("Starting the server on", "Algebra")]
    public async Task Killed_at_any_step_there_is_the_old_database_or_the_new_one_and_the_next_reset_succeeds(string step, string left)
    {
        await using ResetProject project = await ResetProject.StartAsync();
        await project.MigrateAsync();
        await project.ExecuteAsync("insert into courses values (2, 'mine')");

        ProcessResult killed = await ChildProcess.RunAsync(
            new ProcessRequest("dotnet", [Repository.KilledProcess, "reset", project.Environment.Project.Root, step]), CancellationToken.None);

        Assert.True(killed.ExitCode == 137, $"not killed at '{step}': {killed.ExitCode} {killed.Error}");
        await project.Cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        Assert.Equal(left, await project.QueryAsync<string>(Courses));
        LocalStackReset reset = await project.ResetAsync();
        Assert.Equal(1, reset.Total);
        Assert.Equal("Algebra", await project.QueryAsync<string>(Courses));
        Assert.Empty(project.Leftovers());
    }

    [Fact]
    public async Task Killed_between_the_two_renames_the_next_start_ends_the_exchange()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        await project.MigrateAsync();
        await project.Cluster.StopAsync(CancellationToken.None);
        string data = (await project.Cluster.GetStateAsync(CancellationToken.None)).DataFolder!;
        Directory.Move(data, data + ".next");
        Directory.CreateDirectory(data + ".removing");

        await project.Cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal("Algebra", await project.QueryAsync<string>(Courses));
        Assert.Empty(project.Leftovers());
    }
}
