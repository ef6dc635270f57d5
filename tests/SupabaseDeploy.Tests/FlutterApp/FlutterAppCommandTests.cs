using System.Management.Automation;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.FlutterApp;

public sealed class FlutterAppCommandTests : IDisposable
{
    private const string Pipeline = "application: courses\nstages:\n  - name: local\n    target: local\n  - name: staging\n    target: supabase-cloud\n    project: ${NOT_SET_HERE}\n    database: ${secret:NOT_SET_HERE}\n";

    private readonly FlutterFolder _project = new();
    private readonly ModuleSession _session;

    static FlutterAppCommandTests()
    {
        string root = Directory.CreateTempSubdirectory("flutter sdk ").FullName;
        Directory.CreateDirectory(Path.Combine(root, "bin"));
        File.CreateSymbolicLink(Path.Combine(root, "bin", "flutter"), FlutterFolder.Program);
        System.Environment.SetEnvironmentVariable("FLUTTER_ROOT", root);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
    }

    public FlutterAppCommandTests()
    {
        _project.Write("env/pipeline.yml", Pipeline);
        _session = new ModuleSession(_project.Root);
    }

    public void Dispose()
    {
        _session.Dispose();
        _project.Dispose();
    }

    [Fact]
    public void An_application_in_the_background_can_be_reloaded_restarted_and_stopped()
    {
        SessionResult result = _session.Run("""
            $app = Start-FlutterApp -PassThru
            "$($app.State) $($app.Environment) $($app.Device) $($app.Url)"
            $app.Reload().Succeeded
            $app.Restart().IsRestart
            [IO.File]::WriteAllText("$PWD/lib/main.dart", "void main() { WRONG }")
            $failed = $app.Reload()
            "$($failed.Succeeded) $($failed.Errors[0])"
            $app.Stop()
            "$($app.State) $($app.Reloads -ge 3)"
            $app.Reload()
            """);

        Assert.Equal(
            ["Running local chrome http://localhost:40000", "True", "True", "False lib/main.dart:1:15: Expected ';' after this.", "Stopped True"],
            result.Output.Select(line => $"{line}"));
        Assert.Contains("does not run any more", Assert.Single(result.Errors).Exception.Message, StringComparison.Ordinal);
        Assert.Empty(_project.Alive);
    }

    [Fact]
    public void Keys_reload_restart_and_stop_as_with_flutter_itself()
    {
        _session.Press("rRq");

        SessionResult result = _session.Run("Start-FlutterApp -Confirm:$false");

        Assert.Null(result.Error);
        Assert.Equal(["Stopped", "2"], State(result));
        Assert.Contains(result.Information, text => text.StartsWith("The application runs on chrome at http://localhost:40000, after ", StringComparison.Ordinal));
        Assert.Contains("hello from local", result.Information);
        Assert.Contains(result.Information, text => text.StartsWith("Hot reload in ", StringComparison.Ordinal));
        Assert.Contains(result.Information, text => text.StartsWith("Hot restart in ", StringComparison.Ordinal));
        Assert.Empty(_project.Alive);
    }

    [Fact]
    public async Task Stopping_the_pipeline_leaves_nothing_running()
    {
        using PowerShell shell = PowerShell.Create(_session.Runspace);
        shell.AddScript("Start-FlutterApp; 'after'");
        Task<PSDataCollection<PSObject>> running = shell.InvokeAsync();
        await Wait.UntilAsync(() => _project.Calls.Count > 1);

        await shell.StopAsync(null, null);

        await Assert.ThrowsAsync<PipelineStoppedException>(() => running);
        Assert.NotEmpty(_project.ProcessIds);
        Assert.Empty(_project.Alive);
    }

    [Fact]
    public void Further_arguments_and_another_device_reach_flutter_and_secrets_do_not()
    {
        Assert.Null(_session.Run("$env:DATABASE_URL = 'postgresql://u:secret@h/d'; $app = Start-FlutterApp staging -Device web-server -ArgumentList --web-port, 8080 -PassThru; $app.Stop(); $env:DATABASE_URL = $null").Error);

        Assert.StartsWith(
            """{"args":["run","--machine","-d","web-server","--dart-define-from-file=env/staging.json","--web-port","8080"],""",
            _project.Calls[0],
            StringComparison.Ordinal);
        Assert.EndsWith("\"secret\":null}", _project.Calls[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_bundle_goes_from_the_build_into_the_release_and_is_refused_when_it_was_built_over()
    {
        SessionResult result = _session.Run("""
            $bundle = Build-FlutterApp staging
            $release = $bundle | New-Release
            "$($bundle.Files.Count) $($bundle.Files[1].Path) $($bundle.Digest -eq $release.Webs.Bundles['staging'].Digest) $($bundle.Size -gt 0)"
            (New-Release -WebBundle build/web).Changed
            $null = Build-FlutterApp local
            $bundle | New-Release
            """);

        Assert.Equal(["3 index.html True True", "True"], result.Output.Select(line => $"{line}"));
        Assert.StartsWith("ReleaseContentRefused,", result.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("is not what was built any more", result.Error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Builds_of_several_environments_become_one_release()
    {
        SessionResult result = _session.Run("""
            $release = 'staging', 'local' | Build-FlutterApp | New-Release
            "$(@($release).Count) $($release.Web) $([string]::Join(" ", $release.Webs.Bundles.Keys))"
            """);

        Assert.Null(result.Error);
        Assert.Equal(["1  local staging"], result.Output.Select(line => $"{line}"));
    }

    [Fact]
    public void WhatIf_runs_and_builds_nothing()
    {
        Assert.Empty(_session.Run("Start-FlutterApp -WhatIf; Build-FlutterApp staging -WhatIf").Output);
        Assert.Empty(_project.Calls);
    }

    [Fact]
    public void Findings_and_failed_tests_stop_the_script_where_it_is_told_so()
    {
        _project.Write("stand-in.json", """
            {
              "analysis": ["   info • Avoid print • lib/b.dart:2:1 • avoid_print"],
              "tests": [
                { "type": "suite", "time": 0, "suite": { "id": 0, "platform": "vm", "path": "test/main_test.dart" } },
                { "type": "testStart", "time": 1, "test": { "id": 1, "name": "adds", "suiteID": 0, "line": 3, "url": "x" } },
                { "type": "testDone", "time": 9, "testID": 1, "result": "success", "hidden": false, "skipped": false },
                { "type": "done", "time": 50, "success": true }
              ]
            }
            """);

        Assert.Equal(["Info 2 adds 46"], _session.Run("Test-FlutterApp -FailOn Warning | ForEach-Object { \"$($_.Severity) $($_.Findings[0].Line) $($_.Tests[0].Name) $($_.Problems[0].Length)\" }").Output.Select(line => $"{line}"));
        SessionResult failing = _session.Run("Test-FlutterApp -FailOn Info; 'after'");
        Assert.Single(failing.Output);
        Assert.StartsWith("RequirementNotMet,", failing.Error!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.EndsWith("\n  info lib/b.dart:2:1: Avoid print (avoid_print)", failing.Error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_are_shown_as_tables()
    {
        _project.Write("stand-in.json", """{ "analysis": ["warning • Unused • lib/b.dart:2:1 • unused"], "tests": [{ "type": "done", "time": 50, "success": true }] }""");

        Assert.Matches(@"Warning\s+0\s+0\s+0\s+1\s+[\d.]+ s warning lib/b\.dart:2:1: Unused \(unused\)", _session.Show("Test-FlutterApp"));
        Assert.Matches(@"Warning\s+lib/b\.dart:2:1\s+unused\s+Unused", _session.Show("(Test-FlutterApp).Findings"));
        Assert.Matches(@"staging\s+3\s+[\d.]+ kB [0-9a-f]{12}", _session.Show("Build-FlutterApp staging"));
        Assert.Matches(@"local\s+chrome\s+Running\s+http://localhost:40000\s+0", _session.Show("$app = Start-FlutterApp -PassThru; $app; $app.Stop()"));
    }

    private static IEnumerable<string> State(SessionResult result) =>
        [$"{Assert.Single(result.Output).Properties["State"].Value}", $"{result.Output[0].Properties["Reloads"].Value}"];
}
