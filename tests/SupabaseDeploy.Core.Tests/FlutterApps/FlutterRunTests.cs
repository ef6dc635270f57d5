using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.FlutterApps;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.FlutterApps;

public sealed class FlutterRunTests
{
    private readonly CollectingSink _sink = new();

    [Fact]
    public async Task An_application_runs_with_the_values_of_its_environment_and_nothing_is_left_of_it_when_it_is_stopped()
    {
        using var folder = new FlutterFolder();
        await using FlutterRun run = Start(folder);
        await run.Running;
        await Wait.UntilAsync(() => Texts<Notice>().Contains("hello from local"));

        Assert.Equal(FlutterRunState.Running, run.State);
        Assert.Equal("http://localhost:40000", run.Url);
        Assert.Equal("ws://127.0.0.1:40001/token=/ws", run.DebugUri);
        Assert.Contains(_sink.Events.OfType<ActivityProgress>(), progress => progress.Status.StartsWith("Waiting for connection", StringComparison.Ordinal));
        Assert.Contains(Texts<Notice>(), text => text.StartsWith("The application runs on chrome at http://localhost:40000, after ", StringComparison.Ordinal));
        Assert.Equal(2, folder.Alive.Count());

        await run.StopAsync();

        Assert.Equal(FlutterRunState.Stopped, run.State);
        Assert.Empty(folder.Alive);
        Assert.Equal(["app.stop", "daemon.shutdown"], Methods(folder));
        await run.Completion;
        Assert.Equal(ErrorTable.FlutterAppNotRunning, (await Assert.ThrowsAsync<DeployException>(() => run.ReloadAsync(default))).Code);
    }

    [Fact]
    public async Task Saved_code_is_reloaded_and_an_error_of_the_compiler_is_shown_with_its_place()
    {
        using var folder = new FlutterFolder();
        await using FlutterRun run = Start(folder);
        await run.Running;

        folder.Write("lib/pages/home.dart", "class Home {}\n");
        await Wait.UntilAsync(() => run.LastReload is { Succeeded: true });
        Assert.Contains(Texts<Notice>(), text => text.StartsWith("Hot reload in ", StringComparison.Ordinal) && text.EndsWith(" ms: Reloaded 1 of 42 libraries.", StringComparison.Ordinal));

        folder.Write("lib/main.dart", "void main() {\n  WRONG\n}\n");
        await Wait.UntilAsync(() => run.LastReload is { Succeeded: false });
        Assert.Equal(new CompileError("lib/main.dart", 2, 3, "Expected ';' after this."), Assert.Single(run.LastReload!.Errors));
        Assert.Contains(Texts<Caution>(), text => text.Contains("the application runs on as it was:\n  lib/main.dart:2:3: Expected ';'", StringComparison.Ordinal));

        folder.Write("lib/main.dart", "void main() {}\n");
        await Wait.UntilAsync(() => run.LastReload is { Succeeded: true });
        Assert.Equal(FlutterRunState.Running, run.State);
    }

    [Fact]
    public async Task Files_that_are_no_code_reload_nothing()
    {
        using var folder = new FlutterFolder();
        await using FlutterRun run = Start(folder);
        await run.Running;

        folder.Write("lib/notes.txt", "nothing");
        folder.Write("other/main.dart", "nothing");
        folder.Write("env/local.json", """{ "APP_ENVIRONMENT": "local" }"""); // As it was.
        Assert.True((await run.RestartAsync(default)).Succeeded);

        Assert.Equal(["app.restart"], Methods(folder));
        Assert.Single(folder.Calls, call => call.Contains("\"args\"", StringComparison.Ordinal));
        Assert.Equal(1, run.Reloads);
        Assert.True(run.LastReload!.IsRestart);
    }

    [Fact]
    public async Task Changed_defines_start_the_application_anew_and_unusable_ones_do_not()
    {
        using var folder = new FlutterFolder();
        await using FlutterRun run = Start(folder);
        await run.Running;
        int[] first = [.. folder.ProcessIds];

        folder.Write("env/local.json", """{ "APP_ENVIRONMENT": """);
        await Wait.UntilAsync(() => Texts<Caution>().Any(text => text.StartsWith("The application runs on with the values it has: ", StringComparison.Ordinal)));
        folder.Write("env/local.json", """{ "APP_ENVIRONMENT": "changed" }""");
        await Wait.UntilAsync(() => Texts<Notice>().Contains("hello from changed"));
        await run.ReloadAsync(default);

        Assert.Empty(first.Intersect(folder.Alive));
        Assert.Equal(["app.stop", "daemon.shutdown", "app.restart"], Methods(folder));
    }

    [Fact]
    public async Task An_application_that_the_person_closes_ends_the_run_well()
    {
        using var folder = new FlutterFolder();
        await using FlutterRun run = Start(folder);
        await run.Running;

        folder.Write("lib/main.dart", "CLOSE");
        await run.Completion;

        Assert.Equal(FlutterRunState.Stopped, run.State);
    }

    [Fact]
    public async Task Flutter_that_dies_in_the_middle_is_reported_with_its_last_words_and_its_browser_ended()
    {
        using var folder = new FlutterFolder();
        await using FlutterRun run = Start(folder);
        await run.Running;

        folder.Write("lib/main.dart", "DIE");
        DeployException error = await Assert.ThrowsAsync<DeployException>(() => run.Completion);

        Assert.Equal(ErrorTable.FlutterAppEnded, error.Code);
        Assert.Contains("ended (exit code 3): Launching lib/main.dart", error.Message, StringComparison.Ordinal);
        Assert.Contains("flutter has exited unexpectedly", error.Message, StringComparison.Ordinal);
        Assert.Equal(FlutterRunState.Failed, run.State);
        Assert.Empty(folder.Alive);
    }

    [Fact]
    public async Task An_application_that_cannot_be_compiled_is_reported_with_file_and_line()
    {
        using var folder = new FlutterFolder("""{ "behaviours": ["dies while it starts"] }""");
        await using FlutterRun run = Start(folder);

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => run.Running);

        Assert.Contains("ended before it had started (exit code 1)", error.Message, StringComparison.Ordinal);
        Assert.Contains("lib/main.dart:3:7: Expected ';' after this.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_that_is_never_answered_fails_and_one_that_does_not_stop_is_killed()
    {
        using var folder = new FlutterFolder("""{ "behaviours": ["ignores the end"] }""");
        folder.Write("lib/main.dart", "SILENT");
        await using FlutterRun run = Start(folder, request => request with { AnswerLimit = TimeSpan.FromMilliseconds(200), StopGrace = TimeSpan.FromMilliseconds(200) });
        await run.Running;

        FlutterReload reload = await run.ReloadAsync(default);
        Assert.Equal(2, folder.Alive.Count());
        await run.StopAsync();

        Assert.False(reload.Succeeded);
        Assert.Contains("Flutter did not answer within ", reload.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Alive);
    }

    [Theory]
    [InlineData("malformed")]
    [InlineData("huge lines")]
    [InlineData("slow")]
    public async Task What_the_stream_holds_besides_messages_does_no_harm(string behaviour)
    {
        using var folder = new FlutterFolder($$"""{ "behaviours": ["{{behaviour}}"] }""");
        await using FlutterRun run = Start(folder);
        await run.Running;

        Assert.True((await run.ReloadAsync(default)).Succeeded);
        Assert.Contains("hello from local", Texts<Notice>());
    }

    [Fact]
    public async Task A_run_that_is_stopped_while_it_starts_leaves_nothing()
    {
        using var folder = new FlutterFolder();
        await using FlutterRun run = Start(folder);
        await Wait.UntilAsync(() => folder.Calls.Count > 0);

        await run.StopAsync();

        Assert.Empty(folder.Alive);
        await run.Completion;
    }

    private FlutterRun Start(FlutterFolder folder, Func<FlutterRunRequest, FlutterRunRequest>? change = null)
    {
        var request = new FlutterRunRequest
        {
            App = FlutterProject.Open(new ProjectFolder(folder.Root), null, "local"),
            Program = FlutterFolder.Program,
            Quiet = TimeSpan.FromMilliseconds(30),
        };
        return FlutterRun.Start(change?.Invoke(request) ?? request, _sink);
    }

    private static IEnumerable<string> Methods(FlutterFolder folder) => folder.Calls
        .Select(call => System.Text.RegularExpressions.Regex.Match(call, "\"method\":\"([a-z.]+)\""))
        .Where(match => match.Success)
        .Select(match => match.Groups[1].Value);

    private IEnumerable<string> Texts<T>()
        where T : DeployEvent =>
        _sink.Events.OfType<T>().Select(one => one switch { Notice notice => notice.Message, Caution caution => caution.Message, _ => "" });
}
