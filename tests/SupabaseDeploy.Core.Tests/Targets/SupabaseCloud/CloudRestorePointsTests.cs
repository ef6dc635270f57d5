using SupabaseDeploy.Errors;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>The platform's restore points, its moments and its daily backups.</summary>
public sealed class CloudRestorePointsTests : IAsyncLifetime
{
    private CloudApplication _application = null!;

    private IPlaceRestorePoints Points => _application.Target.RestorePoints!;

    public async ValueTask InitializeAsync() => _application = await CloudApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task A_point_is_waited_for_until_it_can_be_used_and_made_once()
    {
        _application.Staging.PendingPolls = 4;
        RestorePoint point = await Points.CreateAsync("sd-1", _application.Sink, default);
        Assert.Equal(RestorePointStatus.Available, point.Status);
        Assert.NotNull(point.Limits);
        Assert.Equal("sd-1", (await Points.CreateAsync("sd-1", _application.Sink, default)).Name);
        Assert.Equal(1, _application.Api.Count("v1-create-restore-point"));
    }

    [Fact]
    public async Task A_point_that_stays_pending_is_given_up()
    {
        _application.Staging.PendingPolls = int.MaxValue;
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Points.CreateAsync("sd-1", _application.Sink, default));
        Assert.Equal(ErrorTable.RestorePointUnusable, failure.Code);
        Assert.Contains("still being made after 10 min", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_point_in_time_recovery_every_moment_is_one()
    {
        _application.Staging.HasRestorePoints = false;
        _application.Staging.HasPointInTimeRecovery = true;
        RestorePoint point = await Points.CreateAsync("sd-1", _application.Sink, default);
        Assert.Matches("^pitr-[0-9]{10}$", point.Name);
        Assert.InRange(point.Name.Length, 1, 20);
        await Points.RestoreAsync(point, _application.Sink, default);
        Assert.Equal([$"time:{point.Name[5..]}"], _application.Staging.Restores);
    }

    [Fact]
    public async Task Without_either_it_is_said_what_to_do()
    {
        _application.Staging.HasRestorePoints = false;
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Points.CreateAsync("sd-1", _application.Sink, default));
        Assert.Contains("Backup-Deployment", failure.Remedy, StringComparison.Ordinal);
        await _application.Target.GetDatabaseAsync(default);
        Assert.Null(_application.Target.RestorePoints);
    }

    [Fact]
    public async Task All_of_them_are_listed_with_the_oldest_first()
    {
        _application.Staging.DailyBackups.Add((7, new DateTimeOffset(2026, 11, 20, 3, 0, 0, TimeSpan.Zero)));
        _application.Staging.HasPointInTimeRecovery = true;
        _application.Staging.LastRecoverable = DateTimeOffset.FromUnixTimeSeconds(1798761600);
        await Points.CreateAsync("sd-1", _application.Sink, default);
        Assert.Equal(["backup-7", "sd-1", "pitr-1798761600"], (await Points.ListAsync(default)).Select(point => point.Name));
    }

    [Fact]
    public async Task A_moment_that_the_platform_has_not_stored_yet_is_on_its_way_and_one_outside_of_the_window_is_none()
    {
        _application.Staging.HasPointInTimeRecovery = true;
        DateTimeOffset last = _application.Time.GetUtcNow().AddMinutes(-5);
        _application.Staging.LastRecoverable = last;
        Assert.Equal(RestorePointStatus.Available, (await FindAsync(last))?.Status);
        Assert.Equal(RestorePointStatus.Pending, (await FindAsync(last.AddMinutes(2)))?.Status);
        Assert.Null(await FindAsync(last.AddHours(1)));
        Assert.Null(await FindAsync(DateTimeOffset.UnixEpoch));

        Task<RestorePoint?> FindAsync(DateTimeOffset moment) => Points.FindAsync($"pitr-{moment.ToUnixTimeSeconds()}", default);
    }

    [Fact]
    public async Task A_restore_ends_when_the_project_is_back_and_its_database_answers()
    {
        await Points.CreateAsync("sd-1", _application.Sink, default);
        await _application.Database.ExecuteAsync("create table public.later (id int)");
        _application.Staging.OnRestore = _ => _application.Database.ExecuteAsync("drop table public.later");
        await Points.RestoreAsync(new RestorePoint("sd-1", RestorePointStatus.Available, null), _application.Sink, default);
        Assert.Equal(["point:sd-1"], _application.Staging.Restores);
        Assert.Equal("ACTIVE_HEALTHY", _application.Staging.Status);
        Assert.False(await _application.Database.ScalarAsync<bool>("select to_regclass('public.later') is not null"));
    }

    [Fact]
    public async Task A_service_that_does_not_answer_for_a_moment_is_not_taken_for_the_beginning()
    {
        await Points.CreateAsync("sd-1", _application.Sink, default);
        _application.Staging.BeforeRestore = ["ACTIVE_UNHEALTHY", "ACTIVE_HEALTHY", "ACTIVE_HEALTHY"];
        await Points.RestoreAsync(new RestorePoint("sd-1", RestorePointStatus.Available, null), _application.Sink, default);
        Assert.Contains(_application.Sink.Events, each => $"{each}".Contains("is RESTORING", StringComparison.Ordinal));
        Assert.True(await Points.IsAtRestAsync(default));
    }

    [Theory]
    [InlineData("REMOVED")]
    [InlineData("FAILED")]
    public async Task A_point_that_is_gone_is_not_gone_back_to(string status)
    {
        RestorePoint point = await Points.CreateAsync("sd-1", _application.Sink, default);
        _application.Staging.SetRestorePoint("sd-1", status);
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Points.RestoreAsync(point, _application.Sink, default));
        Assert.Equal(ErrorTable.RestorePointUnusable, failure.Code);
        Assert.Empty(_application.Staging.Restores);
    }

    [Fact]
    public async Task A_restore_that_fails_is_told()
    {
        RestorePoint point = await Points.CreateAsync("sd-1", _application.Sink, default);
        _application.Staging.OnRestore = _ =>
        {
            _application.Staging.Fail();
            return Task.CompletedTask;
        };
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Points.RestoreAsync(point, _application.Sink, default));
        Assert.Equal(ErrorTable.CloudRestoreFailed, failure.Code);
    }
}
