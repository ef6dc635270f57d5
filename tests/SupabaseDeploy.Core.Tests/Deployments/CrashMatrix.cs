using System.Globalization;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>Kills a process that is at work on a stage at one point after the other, and goes on after each.</summary>
/// <param name="output">Told of every point.</param>
/// <param name="application">The application.</param>
/// <param name="stage">The stage.</param>
/// <param name="work"><c>publish</c> or <c>rollback</c>.</param>
internal sealed class CrashMatrix(ITestOutputHelper output, PublishedApplication application, string stage = "staging", string work = "publish")
{
    private const int EndedByItself = 3;
    private const int Killed = 128 + 9;

    /// <summary>The boundaries of steps: every one, or each nth where the matrix is not full.</summary>
    public static IEnumerable<string> Boundaries(int every = 1) =>
        Points(every).Select(number => number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Each nth event; every one where the matrix is full.</summary>
    public static IEnumerable<string> Events(int every) =>
        Points(every).Select(number => string.Create(CultureInfo.InvariantCulture, $"e{number}"));

    /// <summary>Kills at one point after the other until the process ends by itself; gives the number of points.</summary>
    public async Task<int> ForEachAsync(IEnumerable<string> points, Func<Task<Release>> make, Func<Release, Task> goOn)
    {
        int tried = 0;
        foreach (string point in points)
        {
            Release release = await make();
            int exitCode = await WorkAndDieAsync(release, point);
            if (exitCode == EndedByItself)
            {
                break;
            }

            tried++;

            Assert.Equal(Killed, exitCode);
            Deployment[] running = [.. (await application.Ledger(stage).GetDeploymentsAsync(CancellationToken.None)).Where(deployment => deployment.Status == DeploymentStatus.Running)];
            int warnings = Cautions();
            await goOn(release);
            Assert.Equal(running.Length, Cautions() - warnings);
            Assert.DoesNotContain(
                await application.Ledger(stage).GetDeploymentsAsync(CancellationToken.None), deployment => deployment.Status == DeploymentStatus.Running);
        }

        output.WriteLine($"{tried} points tried: the process is killed.");
        return tried;
    }

    private static IEnumerable<int> Points(int every) => Enumerable.Range(1, int.MaxValue - 1).Where(number => Matrix.IsFull || number % every == 0);

    private async Task<int> WorkAndDieAsync(Release release, string point)
    {
        DatabaseAddress database = application.Database(stage).Application;
        string[] arguments = [Repository.KilledProcess, work, application.Project.Root, point, stage, release.Id];
        ProcessResult result = await ChildProcess.RunAsync(
            new ProcessRequest("dotnet", arguments) { Environment = new Dictionary<string, string?> { ["TEST_APPLICATION_URL"] = database.ToUrl() } },
            CancellationToken.None);
        output.WriteLine($"Point {point}: exit code {result.ExitCode}. {result.Error}");
        return result.ExitCode;
    }

    private int Cautions() => application.Sink.Events.OfType<Caution>().Count(caution => caution.Message.Contains("was interrupted", StringComparison.Ordinal));
}
