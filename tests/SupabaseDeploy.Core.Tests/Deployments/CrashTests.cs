using System.Globalization;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>A publishing process is killed with SIGKILL at every boundary of a step, and then somebody publishes again.</summary>
public sealed class CrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int EndedByItself = 3;
    private const int Killed = 128 + 9;

    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task Killed_at_any_boundary_a_publish_is_finished_by_the_next()
    {
        int versions = 1;
        await _application.PublishAsync("staging", await _application.ReleaseAsync(versions));
        int boundaries = await ForEachBoundaryAsync(
            () => _application.ReleaseAsync(++versions),
            async crashed =>
            {
                Deployment next = await _application.PublishAsync("staging", crashed);

                Assert.Equal(DeploymentStatus.Succeeded, next.Status);
                Assert.Equal((Versions(versions), crashed.Id), await _application.StateAsync("staging"));
            });

        Assert.Equal(2 * 6, boundaries);
    }

    [Fact]
    public async Task Killed_at_any_boundary_of_a_publish_and_of_its_rollback_the_next_one_ends_at_the_old_release()
    {
        Release old = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", old);
        Release bad = await _application.ReleaseAsync(2, page: "broken");
        int boundaries = await ForEachBoundaryAsync(
            () => Task.FromResult(bad),
            async crashed =>
            {
                Deployment next = await _application.PublishAsync("staging", crashed);

                Assert.Equal(DeploymentStatus.RolledBack, next.Status);
                Assert.Equal(("001", old.Id), await _application.StateAsync("staging"));
            });

        Assert.Equal(2 * 9, boundaries);
    }

    [Fact]
    public async Task Killed_at_any_boundary_a_publish_can_be_given_up_for_the_old_release()
    {
        Release old = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", old);
        Release other = await _application.ReleaseAsync(2);
        int boundaries = await ForEachBoundaryAsync(
            () => Task.FromResult(other),
            async _ =>
            {
                if ((await _application.Ledger("staging").GetCurrentReleaseAsync(CancellationToken.None))!.Id == other.Id)
                {
                    await _application.RollBackAsync("staging"); // It was killed after its last word: it is published.
                }

                Deployment next = await _application.PublishAsync("staging", old);

                Assert.Equal(DeploymentStatus.Succeeded, next.Status);
                Assert.Equal(("001", old.Id), await _application.StateAsync("staging"));
            });

        Assert.Equal(2 * 6, boundaries);
    }

    /// <summary>Kills at boundary 1, 2, 3… until the publisher ends by itself; gives the number of boundaries.</summary>
    private async Task<int> ForEachBoundaryAsync(Func<Task<Release>> make, Func<Release, Task> publishAgain)
    {
        for (int boundary = 1; ; boundary++)
        {
            Release release = await make();
            int exitCode = await PublishAndDieAsync(release, boundary);
            if (exitCode == EndedByItself)
            {
                output.WriteLine($"{boundary - 1} boundaries tried.");
                return boundary - 1;
            }

            Assert.Equal(Killed, exitCode);
            Deployment[] running = [.. (await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None)).Where(deployment => deployment.Status == DeploymentStatus.Running)];
            int warnings = Cautions();
            await publishAgain(release);
            Assert.Equal(running.Length, Cautions() - warnings);
            Assert.DoesNotContain(
                await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None), deployment => deployment.Status == DeploymentStatus.Running);
        }
    }

    private async Task<int> PublishAndDieAsync(Release release, int boundary)
    {
        DatabaseAddress database = _application.Database("staging").Application;
        string url = database.ToUrl();
        string[] arguments = [Repository.KilledProcess, "publish", _application.Project.Root, boundary.ToString(CultureInfo.InvariantCulture), "staging", release.Id];
        ProcessResult result = await ChildProcess.RunAsync(
            new ProcessRequest("dotnet", arguments) { Environment = new Dictionary<string, string?> { ["TEST_APPLICATION_URL"] = url } },
            CancellationToken.None);
        output.WriteLine($"Boundary {boundary}: exit code {result.ExitCode}. {result.Error}");
        return result.ExitCode;
    }

    private int Cautions() => _application.Sink.Events.OfType<Caution>().Count(caution => caution.Message.Contains("was interrupted", StringComparison.Ordinal));

    private static string Versions(int count) => string.Join(" ", Enumerable.Range(1, count).Select(number => number.ToString("000", CultureInfo.InvariantCulture)));
}
