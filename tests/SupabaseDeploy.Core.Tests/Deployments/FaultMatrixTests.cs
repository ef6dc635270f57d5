using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>
/// Something goes wrong at every event of a publish, so at every boundary of a step and inside of every step; then the next run has to end at the old
/// release or at the new one, whole: history, web root, functions and settings.
/// </summary>
public sealed class FaultMatrixTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Faults = 3;

    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task The_connections_to_the_database_are_cut()
    {
        string database = _application.Database("staging").Application.Database;
        int points = await TryEveryPointAsync(
            () =>
            {
                using NpgsqlConnection administration = _application.Database("staging").Administration.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
                using var cut = new NpgsqlCommand("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()", administration);
                cut.Parameters.Add(new NpgsqlParameter { Value = database });
                cut.ExecuteScalar();
            },
            mend: () => { },
            first: 1);

        output.WriteLine($"{points} points tried: the connections to the database are cut.");
    }

    [Fact]
    public async Task The_place_stops_answering()
    {
        FolderTarget target = (FolderTarget)_application.Targets.For(_application.Environment("staging"));
        int points = await TryEveryPointAsync(
            () => target.Fault = () => throw new DeployException(
                ErrorTable.LocalStackNotRunning, "The place does not answer.", "Wait.", null, new HttpRequestException("Connection refused.")),
            mend: () => target.Fault = null,
            first: 2);

        output.WriteLine($"{points} points tried: the place stops answering.");
    }

    [Fact]
    public async Task The_disk_of_the_place_is_full()
    {
        FolderTarget target = (FolderTarget)_application.Targets.For(_application.Environment("staging"));
        await using FullDisk disk = await FullDisk.MountAsync(_application.Project.EnvironmentFolder("staging"));
        int points = await TryEveryPointAsync(
            disk.IsReal ? disk.Fill : () => target.Fault = () => throw new IOException("No space left on device"),
            mend: () =>
            {
                disk.Empty();
                target.Fault = null;
            },
            first: 3);

        output.WriteLine($"{points} points tried: the disk of the place is {(disk.IsReal ? "full" : "said to be full, because nothing may be mounted here")}.");
    }

    /// <summary>Tries the points from the first one on: every third, which leaves the others to the other two faults, or all of them.</summary>
    private async Task<int> TryEveryPointAsync(Action happen, Action mend, int first)
    {
        int version = 1;
        int tried = 0;
        await _application.PublishAsync("staging", await MakeAsync(version));
        string old = await _application.WholeStateAsync("staging");
        for (int point = Matrix.IsFull ? 1 : first; ; point += Matrix.IsFull ? 1 : Faults)
        {
            Release release = await MakeAsync(++version);
            var sink = new FaultSink(point, happen);
            string how = await PublishAsync(release, sink);
            mend();
            string said = $"Point {point}, at the {sink.At}: {how}";
            output.WriteLine(said);
            if (sink.At is not null)
            {
                how = await SettleAsync(release);
            }

            Deployment last = (await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None))[^1];
            string now = await _application.WholeStateAsync("staging");
            Assert.True(last.Status is DeploymentStatus.Succeeded, $"{said} Then: {how}. {last.Reason}");
            Assert.True(now == old == (last.Release!.Id != release.Id), $"{said} Then: {how}. {now}");
            if (sink.At is null)
            {
                return tried;
            }

            tried++;

            // The next point begins at the new release, however the last one ended.
            await _application.PublishAsync("staging", release, new DeploymentOptions { HealthLimit = TimeSpan.Zero, RollForward = true });
            old = await _application.WholeStateAsync("staging");
            Assert.Contains(release.Id, old, StringComparison.Ordinal);
        }
    }

    private async Task<string> PublishAsync(Release release, FaultSink sink)
    {
        try
        {
            Deployment deployment = await _application.PublishAsync("staging", release, sink: sink);
            return $"{deployment.Status}{(deployment.Lockout is null ? "" : ", locked")}";
        }
        catch (Exception e) when (e is DeployException or NpgsqlException or IOException)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    /// <summary>What a person would do: what the instructions of a locked environment say, else publish again.</summary>
    private async Task<string> SettleAsync(Release release)
    {
        IReadOnlyList<Deployment> deployments = await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None);
        if (deployments[^1].Lockout is { } lockout)
        {
            Assert.Contains("Restore-Deployment staging", lockout, StringComparison.Ordinal);
            return $"{(await _application.RollBackAsync("staging")).Status} after going back";
        }

        return $"{(await _application.PublishAsync("staging", release)).Status} after publishing again";
    }

    private async Task<Release> MakeAsync(int version)
    {
        _application.WriteFunctions(version);
        return await _application.ReleaseAsync(version);
    }
}
