using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.FlutterApps;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.FlutterApps;

public sealed class FlutterBuildAndTestTests
{
    private readonly CollectingSink _sink = new();

    [Fact]
    public async Task A_bundle_holds_the_values_of_its_environment_and_has_the_digest_of_its_files()
    {
        using var folder = new FlutterFolder();

        FlutterBundle staging = await BuildAsync(folder, "staging");
        FlutterBundle again = await BuildAsync(folder, "staging");
        FlutterBundle local = await BuildAsync(folder, "local");

        Assert.Equal(Path.Combine(folder.Root, "build", "web"), staging.Path);
        Assert.Equal(["assets/FontManifest.json", "index.html", "main.dart.js"], staging.Files.Select(file => file.Path));
        Assert.Equal(staging.Files.Sum(file => file.Size), staging.Size);
        Assert.Equal(staging.Digest, again.Digest);
        Assert.NotEqual(staging.Digest, local.Digest);
        Assert.Contains("--release", folder.Calls[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_that_fails_says_where()
    {
        using var folder = new FlutterFolder("""{ "behaviours": ["build fails"] }""");

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => BuildAsync(folder, "staging"));

        Assert.Equal(ErrorTable.FlutterBuildFailed, error.Code);
        Assert.Equal("'flutter build web' for 'staging' failed with exit code 1: lib/main.dart:12:5: Method not found: 'greet'.", error.Message);
    }

    [Fact]
    public async Task A_build_without_a_page_is_not_taken()
    {
        using var folder = new FlutterFolder("""{ "behaviours": ["builds nothing"] }""");

        Assert.Equal(ErrorTable.WebBundleNotFound, (await Assert.ThrowsAsync<DeployException>(() => BuildAsync(folder, "staging"))).Code);
    }

    [Fact]
    public void Findings_are_read_from_the_lines_of_the_analyzer()
    {
        Assert.Equal(
            new FlutterFinding(FlutterSeverity.Warning, "Unused import: 'dart:io'", "lib/main.dart", 1, 8, "unused_import"),
            AnalysisOutput.Parse("warning • Unused import: 'dart:io' • lib/main.dart:1:8 • unused_import"));
        Assert.Equal(
            new FlutterFinding(FlutterSeverity.Info, "Use a • here - or there", "lib/my app/x.dart", 10, 2, "a_rule"),
            AnalysisOutput.Parse("   info • Use a • here - or there • lib/my app/x.dart:10:2 • a_rule"));
        Assert.Equal(
            new FlutterFinding(FlutterSeverity.Error, "Undefined name 'y'", "lib/main.dart", 3, 4, "undefined_identifier"),
            AnalysisOutput.Parse(@"  error - Undefined name 'y' - lib\main.dart:3:4 - undefined_identifier"));
        Assert.Null(AnalysisOutput.Parse("3 issues found. (ran in 1.2s)"));
        Assert.Null(AnalysisOutput.Parse("Analyzing courses..."));
    }

    [Fact]
    public async Task Findings_and_tests_are_one_result_with_its_worst_severity()
    {
        using var folder = new FlutterFolder();
        folder.Write("stand-in.json", $$"""
            {
              "analysis": ["   info • Avoid print • lib/b.dart:2:1 • avoid_print", "warning • Unused • lib/a.dart:9:1 • unused", "Analyzing..."],
              "tests": [
                "Downloading packages...",
                [{ "event": "test.startedProcess", "params": {} }],
                { "type": "start", "time": 0, "pid": 1 },
                { "type": "suite", "time": 0, "suite": { "id": 0, "platform": "vm", "path": "{{folder.Root}}/test/a_test.dart" } },
                { "type": "testStart", "time": 1, "test": { "id": 1, "name": "loading a_test.dart", "suiteID": 0, "line": null, "url": null } },
                { "type": "testDone", "time": 5, "testID": 1, "result": "success", "hidden": true, "skipped": false },
                { "type": "testStart", "time": 10, "test": { "id": 2, "name": "adds", "suiteID": 0, "line": 5, "url": "file:///x" } },
                { "type": "testStart", "time": 11, "test": { "id": 3, "name": "greets", "suiteID": 0, "line": 300, "url": "package:x", "root_line": 9, "root_url": "file:///x" } },
                { "type": "print", "time": 12, "testID": 3, "messageType": "print", "message": "hi" },
                "{ a test prints this",
                "{\"type\":\"done\",\"success\":\"maybe\"}",
                { "type": "error", "time": 20, "testID": 3, "error": "Expected: 1\n  Actual: 2", "stackTrace": "test/a_test.dart 9:3", "isFailure": true },
                { "type": "testDone", "time": 35, "testID": 2, "result": "success", "hidden": false, "skipped": false },
                { "type": "testDone", "time": 40, "testID": 3, "result": "failure", "hidden": false, "skipped": false },
                { "type": "testStart", "time": 41, "test": { "id": 4, "name": "later", "suiteID": 0, "line": 20, "url": "file:///x" } },
                { "type": "testDone", "time": 42, "testID": 4, "result": "success", "hidden": false, "skipped": true },
                { "type": "done", "time": 50, "success": false }
              ],
              "testExitCode": 1
            }
            """);

        FlutterTestRun run = await TestAsync(folder);

        Assert.Equal(["lib/a.dart", "lib/b.dart"], run.Findings.Select(finding => finding.File));
        Assert.Equal([("adds", FlutterTestOutcome.Passed, 5), ("greets", FlutterTestOutcome.Failed, 9), ("later", FlutterTestOutcome.Skipped, 20)], run.Tests.Select(test => (test.Name, test.Outcome, test.Line)));
        Assert.Equal(["test/a_test.dart"], run.Tests.Select(test => test.File).Distinct());
        Assert.Equal(TimeSpan.FromMilliseconds(25), run.Tests[0].Duration);
        Assert.Equal("Expected: 1\n  Actual: 2", run.Tests[1].Message);
        Assert.Equal((1, 1, 1), (run.Passed, run.Failed, run.Skipped));
        Assert.Equal(FlutterSeverity.Error, run.Severity);
        Assert.Equal(
            ["failed test/a_test.dart:9: greets: Expected: 1\n  Actual: 2", "warning lib/a.dart:9:1: Unused (unused)"],
            run.ProblemsOf(FlutterSeverity.Warning));
        Assert.Equal(["[\"analyze\",\"--no-preamble\",\"--no-congratulate\"]", "[\"test\",\"--machine\",\"--dart-define-from-file=env/local.json\"]"], folder.Calls.Select(call => call[8..(call.IndexOf(']', StringComparison.Ordinal) + 1)]));
    }

    [Fact]
    public async Task What_is_clean_has_no_severity()
    {
        using var folder = new FlutterFolder("""{ "tests": [{ "type": "done", "time": 50, "success": true }] }""");

        FlutterTestRun run = await TestAsync(folder);

        Assert.Null(run.Severity);
        Assert.Empty(run.Problems);
    }

    [Fact]
    public async Task An_application_without_tests_is_said_to_have_none()
    {
        using var folder = new FlutterFolder();
        Directory.Delete(Path.Combine(folder.Root, "test"), recursive: true);

        Assert.Empty((await TestAsync(folder)).Tests);
        Assert.Contains(_sink.Events.OfType<Caution>(), caution => caution.Message.StartsWith("There are no tests in ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{ "behaviours": ["analysis crashes"] }""", "'flutter analyze' ended with exit code 255 and without a result: analysis server exited with code 254")]
    [InlineData("""{ "tests": ["Could not resolve dependencies."], "testExitCode": 69 }""", "'flutter test' ended with exit code 69 and without a result: Could not resolve dependencies.")]
    [InlineData("""{ "tests": [{ "type": "start", "time": 0 }, { "type": "done", "time": 3, "success": null }], "testExitCode": 1 }""", "'flutter test' ended with exit code 1 and without a result: ")]
    public async Task A_run_that_was_cut_short_is_no_result(string standIn, string message)
    {
        using var folder = new FlutterFolder(standIn);

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => TestAsync(folder));

        Assert.Equal(ErrorTable.FlutterTestsNotRun, error.Code);
        Assert.Equal(message, error.Message);
    }

    private Task<FlutterBundle> BuildAsync(FlutterFolder folder, string environment) =>
        new FlutterBuilder(FlutterFolder.Program).BuildAsync(Open(folder, environment), [], _sink, default);

    private Task<FlutterTestRun> TestAsync(FlutterFolder folder) =>
        new FlutterTester(FlutterFolder.Program).RunAsync(Open(folder, "local"), _sink, default);

    private static FlutterProject Open(FlutterFolder folder, string environment) => FlutterProject.Open(new ProjectFolder(folder.Root), null, environment);
}
