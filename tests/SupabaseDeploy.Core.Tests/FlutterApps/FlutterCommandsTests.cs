using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.FlutterApps;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.FlutterApps;

public sealed class FlutterCommandsTests
{
    [Fact]
    public void Arguments_are_what_a_person_would_type()
    {
        Assert.Equal(["run", "--machine", "-d", "chrome", "--dart-define-from-file=env/local.json"], FlutterCommands.Run("chrome", "env/local.json", []));
        Assert.Equal(
            ["run", "--machine", "-d", "a b", "--dart-define-from-file=../env/local.json", "--web-port", "8080"],
            FlutterCommands.Run("a b", "../env/local.json", ["--web-port", "8080"]));
        Assert.Equal(["build", "web", "--release", "--dart-define-from-file=env/staging.json", "--wasm"], FlutterCommands.BuildWeb("env/staging.json", ["--wasm"]));
        Assert.Equal(["analyze", "--no-preamble", "--no-congratulate"], FlutterCommands.Analyze());
        Assert.Equal(["test", "--machine"], FlutterCommands.Test(null));
        Assert.Equal(["test", "--machine", "--dart-define-from-file=env/local.json"], FlutterCommands.Test("env/local.json"));
    }

    [Fact]
    public void Flutter_is_taken_from_FLUTTER_ROOT_else_from_PATH_else_the_error_says_how_to_get_it()
    {
        using var folder = new TemporaryFolder();
        string name = OperatingSystem.IsWindows() ? "flutter.bat" : "flutter";
        string rooted = folder.Write($"sdk/bin/{name}", "");
        string onPath = folder.Write($"path/{name}", "");
        string empty = Path.Combine(folder.Path, "empty");

        Assert.Equal(rooted, FlutterSdk.Find(Path.Combine(folder.Path, "sdk"), [Path.GetDirectoryName(onPath)!]));
        Assert.Equal(onPath, FlutterSdk.Find(null, [empty, Path.GetDirectoryName(onPath)!]));
        Assert.Equal(onPath, FlutterSdk.Find(empty, [Path.GetDirectoryName(onPath)!]));
        DeployException error = Assert.Throws<DeployException>(() => FlutterSdk.Find(empty, [empty]));
        Assert.Equal(ErrorTable.FlutterNotFound, error.Code);
        Assert.Contains("docs.flutter.dev", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void An_application_in_a_folder_of_its_own_names_the_defines_from_there()
    {
        using var folder = new FlutterFolder();
        folder.Write("the app/pubspec.yaml", "name: courses\n");

        FlutterProject app = FlutterProject.Open(new ProjectFolder(folder.Root), Path.Combine(folder.Root, "the app"), "staging");

        Assert.Equal("../env/staging.json", app.DefinesArgument);
        Assert.Equal(Path.Combine(folder.Root, "the app", "build", "web"), app.WebFolder);
    }

    [Fact]
    public void What_cannot_be_run_is_refused_before_anything_is_started()
    {
        using var folder = new FlutterFolder();
        folder.Write("env/leak.json", """{ "SUPABASE_SERVICE_KEY": "sb_secret_abcdefghijklmnopqrstuvwxyz" }""");
        var project = new ProjectFolder(folder.Root);

        Assert.Equal(ErrorTable.FlutterAppNotFound, Refused(Path.Combine(folder.Root, "lib"), "local"));
        Assert.Equal(ErrorTable.DartDefinesNotFound, Refused(null, "nowhere"));
        Assert.Equal(ErrorTable.InvalidConfiguration, Refused(null, "leak"));
        folder.Write("env/pipeline.yml", "application: courses\nstages:\n  - name: local\n    target: local\n  - name: staging\n    target: local\n");
        File.Delete(Path.Combine(folder.Root, "env", "leak.json"));
        Assert.Equal(ErrorTable.EnvironmentNotFound, Refused(null, "nowhere"));
        Assert.Equal(ErrorTable.InvalidValue, Refused(null, "*"));
        Assert.Equal("staging", FlutterProject.Open(project, null, "STAGING").Environment);

        ErrorCode Refused(string? app, string environment) => Assert.ThrowsAny<DeployException>(() => FlutterProject.Open(project, app, environment)).Code;
    }
}
