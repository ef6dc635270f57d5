using System.Globalization;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>
/// A publishing process is killed with SIGKILL at every boundary of a step, and inside of steps, and then somebody publishes again. The full matrix
/// (see <see cref="Matrix"/>) tries every event.
/// </summary>
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
        await _application.PublishAsync("staging", await MakeAsync(versions));
        int boundaries = await ForEachAsync(
            Boundaries,
            () => MakeAsync(++versions),
            async crashed =>
            {
                Deployment next = await _application.PublishAsync("staging", crashed);

                Assert.Equal(DeploymentStatus.Succeeded, next.Status);
                Assert.Equal((Versions(versions), crashed.Id), await _application.StateAsync("staging"));
                Assert.EndsWith(Settings(versions), await _application.WholeStateAsync("staging"), StringComparison.Ordinal);
            });

        Assert.Equal(2 * 8, boundaries);
    }

    [Fact]
    public async Task Killed_inside_of_a_step_a_publish_is_finished_by_the_next()
    {
        int versions = 1;
        await _application.PublishAsync("staging", await MakeAsync(versions));
        int points = await ForEachAsync(
            Events(every: 4),
            () => MakeAsync(++versions),
            async crashed =>
            {
                Deployment next = await _application.PublishAsync("staging", crashed);

                Assert.Equal(DeploymentStatus.Succeeded, next.Status);
                Assert.Equal((Versions(versions), crashed.Id), await _application.StateAsync("staging"));
                Assert.EndsWith(Settings(versions), await _application.WholeStateAsync("staging"), StringComparison.Ordinal);
            });

        Assert.True(points >= 6, $"{points} points tried.");
    }

    [Fact]
    public async Task Killed_at_any_boundary_of_a_publish_and_of_its_rollback_the_next_one_ends_at_the_old_release()
    {
        Release old = await MakeAsync(1);
        await _application.PublishAsync("staging", old);
        string before = await _application.WholeStateAsync("staging");
        Release bad = await MakeAsync(2, page: "broken");
        int boundaries = await ForEachAsync(
            Matrix.IsFull ? Events(every: 1) : Boundaries,
            () => Task.FromResult(bad),
            async crashed =>
            {
                Deployment next = await _application.PublishAsync("staging", crashed);

                Assert.Equal(DeploymentStatus.RolledBack, next.Status);
                Assert.Equal(before, await _application.WholeStateAsync("staging"));
            });

        Assert.True(boundaries >= 2 * 13, $"{boundaries} points tried.");
    }

    [Fact]
    public async Task Killed_at_any_boundary_a_publish_can_be_given_up_for_the_old_release()
    {
        Release old = await MakeAsync(1);
        await _application.PublishAsync("staging", old);
        string before = await _application.WholeStateAsync("staging");
        Release other = await MakeAsync(2);
        int points = await ForEachAsync(
            Events(every: 3),
            () => Task.FromResult(other),
            async _ =>
            {
                if ((await _application.Ledger("staging").GetCurrentReleaseAsync(CancellationToken.None))!.Id == other.Id)
                {
                    await _application.RollBackAsync("staging"); // It was killed after its last word: it is published.
                }

                Deployment next = await _application.PublishAsync("staging", old);

                Assert.Equal(DeploymentStatus.Succeeded, next.Status);
                Assert.Equal(before, await _application.WholeStateAsync("staging"));
            });

        Assert.True(points >= 8, $"{points} points tried.");
    }

    private static IEnumerable<string> Boundaries => Enumerable.Range(1, int.MaxValue - 1).Select(number => number.ToString(CultureInfo.InvariantCulture));

    private static IEnumerable<string> Events(int every) =>
        Enumerable.Range(1, int.MaxValue - 1).Where(number => Matrix.IsFull || number % every == 0).Select(number => string.Create(CultureInfo.InvariantCulture, $"e{number}"));

    private Task<Release> MakeAsync(int version, string page = "ready")
    {
        _application.WriteFunctions(version);
        return _application.ReleaseAsync(version, page);
    }

    /// <summary>Kills at one point after the other until the publisher ends by itself; gives the number of points.</summary>
    private async Task<int> ForEachAsync(IEnumerable<string> points, Func<Task<Release>> make, Func<Release, Task> publishAgain)
    {
        int tried = 0;
        foreach (string point in points)
        {
            Release release = await make();
            int exitCode = await PublishAndDieAsync(release, point);
            if (exitCode == EndedByItself)
            {
                break;
            }

            tried++;

            Assert.Equal(Killed, exitCode);
            Deployment[] running = [.. (await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None)).Where(deployment => deployment.Status == DeploymentStatus.Running)];
            int warnings = Cautions();
            await publishAgain(release);
            Assert.Equal(running.Length, Cautions() - warnings);
            Assert.DoesNotContain(
                await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None), deployment => deployment.Status == DeploymentStatus.Running);
        }

        output.WriteLine($"{tried} points tried: the process is killed.");
        return tried;
    }

    private async Task<int> PublishAndDieAsync(Release release, string point)
    {
        DatabaseAddress database = _application.Database("staging").Application;
        string url = database.ToUrl();
        string[] arguments = [Repository.KilledProcess, "publish", _application.Project.Root, point, "staging", release.Id];
        ProcessResult result = await ChildProcess.RunAsync(
            new ProcessRequest("dotnet", arguments) { Environment = new Dictionary<string, string?> { ["TEST_APPLICATION_URL"] = url } },
            CancellationToken.None);
        output.WriteLine($"Point {point}: exit code {result.ExitCode}. {result.Error}");
        return result.ExitCode;
    }

    private int Cautions() => _application.Sink.Events.OfType<Caution>().Count(caution => caution.Message.Contains("was interrupted", StringComparison.Ordinal));

    private static string Settings(int version) => $$"""{"auth.enable_signup":"{{(version % 2 == 0 ? "true" : "false")}}","auth.jwt_expiry":"{{3600 + version}}"}""";

    private static string Versions(int count) => string.Join(" ", Enumerable.Range(1, count).Select(number => number.ToString("000", CultureInfo.InvariantCulture)));
}
