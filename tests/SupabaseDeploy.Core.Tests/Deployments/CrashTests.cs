using System.Globalization;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>
/// A publishing process is killed with SIGKILL at every boundary of a step, and inside of steps, and then somebody publishes again. The full matrix
/// (see <see cref="Matrix"/>) tries every event.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task Killed_at_any_boundary_a_publish_is_finished_by_the_next()
    {
        int versions = 1;
        await _application.PublishAsync("staging", await MakeAsync(versions));
        int boundaries = await new CrashMatrix(output, _application).ForEachAsync(
            CrashMatrix.Boundaries(),
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
        int points = await new CrashMatrix(output, _application).ForEachAsync(
            CrashMatrix.Events(every: 4),
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
        int boundaries = await new CrashMatrix(output, _application).ForEachAsync(
            Matrix.IsFull ? CrashMatrix.Events(every: 1) : CrashMatrix.Boundaries(),
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
        int points = await new CrashMatrix(output, _application).ForEachAsync(
            CrashMatrix.Events(every: 3),
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

    [Fact]
    public async Task Killed_at_any_boundary_a_rollback_is_finished_by_the_next()
    {
        Release first = await MakeAsync(1);
        await _application.PublishAsync("staging", first);
        string before = await _application.WholeStateAsync("staging");
        Release later = await MakeAsync(2);
        int points = await new CrashMatrix(output, _application, work: "rollback").ForEachAsync(
            Matrix.IsFull ? CrashMatrix.Events(every: 1) : CrashMatrix.Boundaries(every: 3),
            async () =>
            {
                await _application.PublishAsync("staging", later);
                return first;
            },
            async _ =>
            {
                Deployment next = await _application.RollBackAsync("staging", first);

                Assert.Equal(DeploymentStatus.Succeeded, next.Status);
                Assert.Equal(before, await _application.WholeStateAsync("staging"));
            });

        Assert.True(points >= 5, $"{points} points tried.");
    }

    [Fact]
    public async Task Killed_at_any_boundary_a_publish_with_a_backup_and_contracting_migrations_is_finished_by_the_next()
    {
        await using PublishedApplication application = await PublishedApplication.CreateAsync("backup: { before: true }\nmigrations: { contract: afterHealth }");
        int versions = 0;
        int points = await new CrashMatrix(output, application, "production").ForEachAsync(
            Matrix.IsFull ? CrashMatrix.Events(every: 1) : CrashMatrix.Boundaries(every: 3),
            async () =>
            {
                application.WriteVersion(versions + 1);
                application.Write(
                    $"migrations/{versions + 2:000}_contract.sql", $"-- supabase-deploy: contract\nalter table public.t{versions + 1} add column contracted int;\n");
                versions += 2;
                return await application.ReleaseAsync();
            },
            async crashed =>
            {
                Deployment next = await application.PublishAsync("production", crashed);

                Assert.Equal((DeploymentStatus.Succeeded, null), (next.Status, next.Failure));
                Assert.Equal((Versions(versions), crashed.Id), await application.StateAsync("production"));
            });

        Assert.True(points >= 5, $"{points} points tried.");
    }

    private Task<Release> MakeAsync(int version, string page = "ready")
    {
        _application.WriteFunctions(version);
        return _application.ReleaseAsync(version, page);
    }

    private static string Settings(int version) => $$"""{"auth.enable_signup":"{{(version % 2 == 0 ? "true" : "false")}}","auth.jwt_expiry":"{{3600 + version}}"}""";

    private static string Versions(int count) => string.Join(" ", Enumerable.Range(1, count).Select(number => number.ToString("000", CultureInfo.InvariantCulture)));
}
