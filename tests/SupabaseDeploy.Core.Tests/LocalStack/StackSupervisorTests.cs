using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class StackSupervisorTests
{
    private readonly List<string> _calls = [];

    [Fact]
    public async Task Services_are_stopped_and_removed_in_reverse_order()
    {
        var supervisor = new StackSupervisor([new Service("database", _calls), new Service("gateway", _calls)]);

        await supervisor.StopAsync(CancellationToken.None);
        await supervisor.RemoveAsync(CancellationToken.None);

        Assert.Equal(["stop gateway", "stop database", "remove gateway", "remove database"], _calls);
    }

    [Fact]
    public async Task A_failing_start_stops_what_it_started_and_leaves_what_ran_before()
    {
        var ranBefore = new Service("database", _calls) { IsRunning = true };
        var started = new Service("cache", _calls);
        var failing = new Service("gateway", _calls) { StartFailure = new InvalidOperationException("no") };
        var supervisor = new StackSupervisor([ranBefore, started, failing]);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => supervisor.StartAsync(before: null, NullProgressSink.Instance, CancellationToken.None));

        Assert.Same(failing.StartFailure, error);
        Assert.Equal(["stop gateway", "stop cache"], _calls.Where(call => call.StartsWith("stop", StringComparison.Ordinal)));
        Assert.True(ranBefore.IsRunning);
    }

    [Fact]
    public async Task A_service_that_does_not_stop_keeps_no_other_running()
    {
        var database = new Service("database", _calls) { IsRunning = true };
        var gateway = new Service("gateway", _calls) { IsRunning = true, StopFailure = new InvalidOperationException("stuck") };
        var supervisor = new StackSupervisor([database, gateway]);

        await Assert.ThrowsAsync<InvalidOperationException>(() => supervisor.StopAsync(CancellationToken.None));

        Assert.False(database.IsRunning);
    }

    [Fact]
    public async Task Each_service_is_asked_for_the_port_it_had()
    {
        var gateway = new Service("gateway", _calls);
        var supervisor = new StackSupervisor([gateway]);
        var before = new StackRecord
        {
            Environment = "local",
            State = LocalStackState.Stopped,
            Services = [new LocalService("gateway", IsRunning: false, ProcessId: null, Port: 21000, Version: null, StartedAt: null)],
        };

        Assert.True(await supervisor.StartAsync(before, NullProgressSink.Instance, CancellationToken.None));
        Assert.False(await supervisor.StartAsync(before, NullProgressSink.Instance, CancellationToken.None));
        Assert.Equal(["start gateway 21000", "start gateway 21000"], _calls);
    }

    [Fact]
    public async Task What_was_told_something_that_does_not_hold_any_more_is_started_again()
    {
        var supervisor = new StackSupervisor([new Service("database", _calls), new Service("gateway", _calls)], () => true);

        await supervisor.StartAsync(before: null, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(["start database ", "start gateway ", "start gateway "], _calls);
    }

    private sealed class Service(string name, List<string> calls) : ILocalService
    {
        public bool IsRunning { get; set; }

        public Exception? StartFailure { get; init; }

        public Exception? StopFailure { get; init; }

        public string Name => name;

        public Task<LocalService> GetAsync(CancellationToken cancellationToken) =>
            Task.FromResult(new LocalService(name, IsRunning, ProcessId: null, Port: 0, Version: null, StartedAt: null));

        public Task StartAsync(int? port, IProgressSink sink, CancellationToken cancellationToken)
        {
            calls.Add($"start {name} {port}");
            if (StartFailure is not null)
            {
                return Task.FromException(StartFailure);
            }

            IsRunning = true;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            calls.Add($"stop {name}");
            if (StopFailure is not null)
            {
                return Task.FromException(StopFailure);
            }

            IsRunning = false;
            return Task.CompletedTask;
        }

        public Task RemoveAsync(CancellationToken cancellationToken)
        {
            calls.Add($"remove {name}");
            return Task.CompletedTask;
        }
    }
}
