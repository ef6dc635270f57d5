using System.Collections.Concurrent;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Pipeline;

/// <summary>The asynchronous bridge: whatever ends a pipeline, the worker was cancelled and joined before the pipeline ended.</summary>
public sealed class AsyncCmdletTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly ConcurrentQueue<string> _diary = new();

    public AsyncCmdletTests()
    {
        Assembly shell = AppDomain.CurrentDomain.GetAssemblies().Single(assembly => assembly.GetName().Name == "SupabaseDeploy");
        Assembly probe = AssemblyLoadContext.GetLoadContext(shell)!.LoadFromAssemblyPath(
            Path.Combine(Repository.Root, "tests", "SupabaseDeploy.Probe", "bin", "Release", "net10.0", "SupabaseDeploy.Probe.dll"));
        _session.Runspace.SessionStateProxy.SetVariable("probe", probe);
        _session.Runspace.SessionStateProxy.SetVariable("diary", _diary);
        Assert.Null(_session.Run("Import-Module -Assembly $probe").Error);
    }

    [Fact]
    public async Task Stopping_cancels_the_worker_and_waits_for_its_cleanup()
    {
        using PowerShell shell = PowerShell.Create(_session.Runspace);
        shell.AddScript("Invoke-Probe -Hold -Diary $diary");
        var output = new PSDataCollection<PSObject>();
        var wrote = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        output.DataAdded += (_, _) => wrote.TrySetResult();
        shell.BeginInvoke<PSObject, PSObject>(null, output);
        await wrote.Task.WaitAsync(TimeSpan.FromSeconds(30));

        shell.Stop();

        Assert.Equal(["begin one", "cancelled one"], _diary);
        Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
    }

    [Fact]
    public void A_downstream_that_has_seen_enough_cancels_the_worker()
    {
        // What Select-Object -First 1 does, in the bare engine.
        SessionResult result = _session.Run("foreach ($once in 1) { Invoke-Probe -Emit 3 -Hold -Diary $diary | ForEach-Object { $_; break } }");

        Assert.Null(result.Error);
        Assert.Equal("one 0", Assert.Single(result.Output).BaseObject);
        Assert.Equal(["begin one", "cancelled one"], _diary);
    }

    [Fact]
    public void A_failing_downstream_command_cancels_the_worker_and_its_own_error_is_what_is_seen()
    {
        SessionResult result = _session.Run("Invoke-Probe -Emit 3 -Hold -Diary $diary | ForEach-Object { throw 'downstream broke' }");

        Assert.Equal("downstream broke", result.Error?.Exception.Message);
        Assert.Equal(["begin one", "cancelled one"], _diary);
    }

    [Fact]
    public void A_failing_worker_gives_what_it_wrote_and_then_its_error()
    {
        SessionResult result = _session.Run("Invoke-Probe -Fail -Diary $diary; 'the script went on'");

        Assert.Equal("one 0", Assert.Single(result.Output).BaseObject);
        Assert.Equal("InvalidValue,SupabaseDeploy.Probe.InvokeProbeCommand", result.Error?.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, result.Error!.CategoryInfo.Category);
        Assert.Equal("The probe 'one' failed: it was told to.", result.Error.Exception.Message);
        Assert.Equal("Leave out -Fail.", result.Error.ErrorDetails.RecommendedAction);
        Assert.Equal("one", result.Error.TargetObject);
        Assert.Equal(["begin one", "end one"], _diary);
    }

    [Fact]
    public void Each_input_object_is_worked_on_in_turn()
    {
        SessionResult result = _session.Run("'a', 'b' | Invoke-Probe -Emit 2 -Diary $diary -Verbose");

        Assert.Null(result.Error);
        Assert.Equal(["a 0", "a 1", "b 0", "b 1"], result.Output.Select(value => (string)value.BaseObject));
        Assert.Equal(["begin a", "end a", "begin b", "end b"], _diary);
        Assert.Equal(["working on a", "working on b"], result.Verbose);
        Assert.Equal(["careful with a", "careful with b"], result.Warnings);
        Assert.Equal(["about a", "about b"], result.Information);
    }

    [Fact]
    public void An_unexpected_exception_keeps_its_cause()
    {
        SessionResult result = _session.Run("Invoke-Probe -Unexpected -Diary $diary");

        Assert.StartsWith("Unexpected,", result.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("nobody expected this", result.Error!.Exception.InnerException?.Message);
    }

    [Theory]
    [InlineData("Invoke-Probe -Fail -Diary $diary", false)]
    [InlineData("Invoke-Probe -Fail -Diary $diary -ErrorAction SilentlyContinue", true)]
    [InlineData("try { Invoke-Probe -Fail -Diary $diary } catch { }", true)]
    [InlineData("Get-Probe -RequirementNotMet", false)]
    [InlineData("Get-Probe", true)]
    public void A_change_that_failed_or_a_requirement_that_was_not_met_stops_the_script(string command, bool goesOn)
    {
        SessionResult result = _session.Run($"$null = & {{ {command} }}; 'the script went on'");

        Assert.Equal(goesOn ? ["the script went on"] : [], result.Output.Select(value => (string)value.BaseObject));
    }

    [Fact]
    public void WhatIf_declines_on_the_worker()
    {
        SessionResult result = _session.Run("Invoke-Probe -Ask -WhatIf -Diary $diary");

        Assert.Null(result.Error);
        Assert.Empty(result.Output);
        Assert.Equal(["begin one", "declined", "end one"], _diary);
    }

    public void Dispose() => _session.Dispose();
}
